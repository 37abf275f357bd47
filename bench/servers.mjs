// The servers that are measured, one line of the table each. All get NODE_ENV=production, PORT, DATABASE_URL and a pool of the same size.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documents } from "./questions.mjs";

const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const root = fileURLToPath(new URL("..", import.meta.url));
const bench = fileURLToPath(new URL(".", import.meta.url));

/** All servers get what `npm start` gives learngraph: a young generation large enough for what requests leave behind. */
export const nodeArguments = scripts.start.split(" ").filter(word => word.startsWith("--"));

/** Connections to the database that each server may have. */
export const poolSize = 10;

/**
 * learngraph with parts of it on and off by their variables. The first is what the others are compared with.
 */
const variants = [
  { name: "learngraph", env: { RESPONSE_CACHE_MB: "0" } },
  { name: "learngraph, cached", env: {}, answersFrom: "memory" },
  { name: "learngraph, cached, each request logged", env: { LOG_LEVEL: "info" }, answersFrom: "memory" },
  { name: "learngraph, through Apollo", env: { RESPONSE_CACHE_MB: "0", COMPILED_QUERIES: "false" } },
  { name: "learngraph, batches not shared", env: { RESPONSE_CACHE_MB: "0", SHARED_BATCHES: "false" } },
];

const rivals = [
  {
    name: "Mercurius",
    peer: "mercurius.server.mjs",
    documents: documents.mercurius,
    packages: ["mercurius", "fastify"],
  },
  {
    name: "PostGraphile",
    peer: "postgraphile.server.mjs",
    documents: documents.postgraphile,
    packages: ["postgraphile"],
  },
  {
    name: "Yoga + Pothos + Prisma",
    peer: "yoga-pothos.server.ts",
    documents: documents.yogaPothos,
    packages: ["graphql-yoga", "@pothos/core", "@prisma/client"],
  },
  {
    name: "Apollo + TypeGraphQL + Prisma",
    peer: "apollo-typegraphql.server.ts",
    documents: documents.apolloTypeGraphql,
    packages: ["@apollo/server", "type-graphql", "@prisma/client", "dataloader"],
  },
  { name: "database limit", peer: "database-limit.server.mjs", packages: ["pg"] },
  { name: "HTTP limit", peer: "http-limit.server.mjs", packages: [], answersFrom: "memory" },
];

/** The table: each has name, arguments for node, cwd, env, path (by kind), documents (none for a limit), answersFrom (database or memory) and packages (of bench/). */
export function serverTable() {
  const ours = variants.map(({ name, env, answersFrom = "database" }) => ({
    ...{ name, answersFrom, cwd: root },
    arguments: ["scripts/run.mjs", "main"],
    env: { ...operatorsEnv(), ...env },
  }));
  const servers = [
    ...ours.map(server => ({ ...server, documents: documents.learngraph, packages: [] })),
    ...rivals.map(({ peer, ...rival }) => ({
      answersFrom: "database",
      ...rival,
      arguments: [peer.endsWith(".ts") ? `generated/${peer.replace(/\.ts$/, ".mjs")}` : `peers/${peer}`],
      cwd: bench,
      env: { POOL_SIZE: String(poolSize) },
    })),
  ].map(server => ({ ...server, path: kind => (server.documents ? "/graphql" : `/${kind}`) }));
  return servers;
}

let keys;

/** What an operator sets. */
function operatorsEnv() {
  keys ??= execFileSync(process.execPath, ["dist/src/cli/auth.js", "new-key"], { cwd: root, encoding: "utf8" }).trim();
  return {
    HOST: "127.0.0.1",
    // All the load is from one address.
    COST_BUDGET: "1000000000",
    COST_RESTORE_RATE: "1",
    PUBLIC_URL: "https://learn.example.org",
    AUTH_SIGNING_KEYS: keys,
    DATABASE_POOL_SIZE: String(poolSize),
    LOG_LEVEL: "warn",
  };
}
