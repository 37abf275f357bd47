// The Node interface of the Relay specification and how every entity gets its global id.
import { FieldResolver, ID, Info, InterfaceType, Field, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { encodeNodeId } from "./node-id";

@InterfaceType("Node", {
  description: "Anything with a global id. Fetch it again with `node(id)`.",
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, {
    description:
      "The global id: opaque, unique among all types, and the same for as long as the object exists. A key for client caches.",
  })
  readonly id!: string;
}

@Resolver(() => Node)
export class NodeIdResolver {
  @FieldResolver(() => ID)
  id(@Root() row: { id: string | number }, @Info() info: Pick<GraphQLResolveInfo, "parentType">): string {
    return encodeNodeId(info.parentType.name, row.id);
  }
}
