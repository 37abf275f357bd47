// A server with one more subscription, `revisionChanged`, which only editors may follow: for tests of access.
import { extendSchema, parse, type GraphQLFieldExtensions, type GraphQLSchema } from "graphql";
import { enforceAccess } from "../../src/graphql/access";
import { changeEvents } from "../../src/request/change-events";
import type { RequestContext } from "../../src/request/context";
import { createGraphQLServer } from "../../src/server/graphql-server";
import { createHttpServer } from "../../src/server/http-server";
import { defaultLiveLimits, type LiveLimits } from "../../src/server/live-limits";
import { defaultLoadLimits, Load } from "../../src/server/load";
import { noPersistedDocuments } from "../../src/server/persisted-documents";
import { buildGraphQLSchema } from "../../src/server/schema";
import type { Services } from "../../src/request/services";
import { openTestDatabase } from "./database";
import { createTestLog } from "./log";
import type { TestServer } from "./server";
import { createTestServices } from "./services";

function schemaForEditors(): GraphQLSchema {
  const schema = extendSchema(buildGraphQLSchema(), parse("extend type Subscription { revisionChanged: String! }"));
  const field = schema.getSubscriptionType()?.getFields()["revisionChanged"];
  if (!field) throw new Error("the schema was not extended");
  field.extensions = { access: "EDITOR" } as GraphQLFieldExtensions<unknown, unknown>;
  field.subscribe = (_source, _args, ctx: RequestContext) =>
    changeEvents(ctx, changes => [...changes.named("Revision").keys()]);
  field.resolve = id => id;
  enforceAccess(schema);
  return schema;
}

export interface EditorsServerOptions {
  live?: Partial<LiveLimits>;
  services?: Partial<Services>;
  corsOrigins?: readonly string[];
}

export async function startEditorsServer(options: EditorsServerOptions = {}): Promise<Omit<TestServer, "post">> {
  const { live = {}, services: given = {}, corsOrigins = [] } = options;
  const database = await openTestDatabase({ golden: "catalogue" });
  const services = await createTestServices(given);
  const { log, lines } = createTestLog();
  const limits = { maxDepth: 15, maxCost: 10_000 };
  const operationTimeoutMs = 9_000;
  const common = { introspection: true, explain: false, operationTimeoutMs, log };
  const graphql = createGraphQLServer({ ...common, schema: schemaForEditors(), limits });
  await graphql.start();
  await database.changes.start();
  const load = new Load(defaultLoadLimits, database);
  const http = await createHttpServer({
    ...{ graphql, database, services, load, log, corsOrigins },
    documents: noPersistedDocuments,
    live: { ...defaultLiveLimits, ...live },
    secureCookies: false,
    explain: false,
    operationTimeoutMs,
    trustedProxyHops: 0,
    isReachable: () => Promise.resolve(true),
    isReady: () => true,
  });
  return {
    url: await http.listen({ host: "127.0.0.1", port: 0 }),
    database,
    services,
    log: lines,
    close: async () => {
      await http.close();
      load.stop();
      await graphql.stop();
      await database.close();
    },
  };
}

/** Saves a draft of a topic. @returns what `revisionChanged` says of it. */
export async function saveDraft({ database }: Pick<TestServer, "database">, number: number): Promise<string> {
  const { id } = await database.models.revision.create({
    data: {
      ...{ entity: "TOPIC", entityId: 1, number: 1_000 + number, state: "DRAFT" },
      ...{ slug: "backend", authorName: "Editor", content: {} },
    },
  });
  return `TOPIC:1:${id}`;
}
