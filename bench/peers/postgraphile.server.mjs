// PostGraphile 5 (Grafast) over learngraph's own tables, on Grafserv over node:http, with plain lists instead of connections.
import "./promise-with-resolvers.mjs";
import { createServer } from "node:http";

const { postgraphile } = await import("postgraphile");
const { PostGraphileAmberPreset } = await import("postgraphile/presets/amber");
const { makeV4Preset } = await import("postgraphile/presets/v4");
const { makePgService } = await import("postgraphile/adaptors/pg");
const { grafserv } = await import("postgraphile/grafserv/node");
const { makeJSONPgSmartTagsPlugin } = await import("postgraphile/utils");

// The slug is unique by an index, of which PostGraphile only knows when told.
const tags = makeJSONPgSmartTagsPlugin({ version: 1, config: { class: { topic: { tags: { unique: "slug" } } } } });

const service = makePgService({
  connectionString: process.env.DATABASE_URL,
  schemas: ["public"],
  poolConfig: { max: Number(process.env.POOL_SIZE) },
});
const instance = postgraphile({
  extends: [PostGraphileAmberPreset, makeV4Preset({ simpleCollections: "both", disableDefaultMutations: true })],
  plugins: [tags],
  pgServices: [service],
  grafserv: { graphqlPath: "/graphql", websockets: false, graphiql: false },
  grafast: { explain: false },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
