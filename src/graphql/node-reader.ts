// How `node(id)` finds an object of one type. Reading goes through the same entity, so through the same batches, as every other path.
import type { GraphQLResolveInfo } from "graphql";
import type { RequestContext } from "../request/context";
import type { Entity } from "../request/entity";
import { find } from "./lookup";
import { integerKey, type NodeId } from "./node-id";

export interface NodeReader {
  /** The GraphQL type. */
  type: string;
  /** The object, or null when there is none or the viewer may not see it. */
  read(ctx: RequestContext, id: NodeId, info: GraphQLResolveInfo): Promise<object | null>;
}

/** For entities that everybody may read and whose keys are whole numbers. */
export function integerNode<Row extends { id: number }>(entity: Entity<Row>): NodeReader {
  return {
    type: entity.name,
    read: (ctx, id, info) => find(entity, "id", integerKey(id, entity.name), ctx, info),
  };
}
