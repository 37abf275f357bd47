// `node` and `nodes`: any object by its global id, read by the module that owns its type.
import { Arg, Ctx, ID, Info, Query, Resolver } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { badInput } from "../../errors/app-error";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { decodeNodeId, type NodeId } from "../../graphql/node-id";
import type { NodeReader } from "../../graphql/node-reader";
import { Node } from "../../graphql/node.type";
import type { RequestContext } from "../../request/context";

const maxNodes = 100;

/** The resolver class for the types that `readers` know. */
export function defineNodeResolver(readers: readonly NodeReader[]): new () => object {
  const byType = new Map(readers.map(reader => [reader.type, reader]));
  const read = async (ctx: RequestContext, id: NodeId, info: GraphQLResolveInfo): Promise<object | null> => {
    const found = await byType.get(id.type)?.read(ctx, id, info);
    return found ? { ...found, __typename: id.type } : null;
  };

  @Resolver()
  class NodeResolver {
    @RequireAccess("PUBLIC")
    @CacheFor(60)
    @Query(() => Node, {
      nullable: true,
      description:
        'The object with this global id; null when there is none, or when the viewer may not see it.\n\nExample: `{ node(id: "VG9waWM6MQ") { id ... on Topic { title } } }`',
    })
    node(
      @Arg("id", () => ID, { description: "A global id." }) id: string,
      @Ctx() ctx: RequestContext,
      @Info() info: GraphQLResolveInfo,
    ) {
      return read(ctx, decodeNodeId(id), info);
    }

    @RequireAccess("PUBLIC")
    @CacheFor(60)
    @Query(() => [Node], {
      nullable: "items",
      description: `The objects with these global ids, in their order, each null where \`node\` gives null.\n\nExample: \`{ nodes(ids: ["VG9waWM6MQ", "VG9vbDox"]) { id ... on Topic { title } ... on Tool { name } } }\``,
    })
    async nodes(
      @Arg("ids", () => [ID], { description: `Global ids, at most ${maxNodes}.` }) ids: string[],
      @Ctx() ctx: RequestContext,
      @Info() info: GraphQLResolveInfo,
    ) {
      if (ids.length > maxNodes) throw badInput("ids", `must be at most ${maxNodes}.`);
      const decoded = ids.map((id, index) => decodeNodeId(id, `ids.${index}`));
      return Promise.all(decoded.map(id => read(ctx, id, info)));
    }
  }
  return NodeResolver;
}
