// The servers that are measured, one line of the table each. All get NODE_ENV=production, PORT, DATABASE_URL and a pool of the same size.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { documents } from "./questions.mjs";

const { variableNames } = createRequire(import.meta.url)("../dist/src/config/config.js");

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = fileURLToPath(new URL(".", import.meta.url));

/** Connections to the database that each server may have. */
export const poolSize = 10;

/**
 * learngraph with parts of it on and off by their variables. The first is what the others are compared with. A variable that this
 * version of learngraph does not know is left out, and a variant that is then like an earlier one is skipped.
 */
const variants = [
  { name: "learngraph", env: { RESPONSE_CACHE_MB: "0" } },
  { name: "learngraph, cached", env: {}, answersFrom: "memory" },
  { name: "learngraph, all through Apollo Server", env: { RESPONSE_CACHE_MB: "0", COMPILED_QUERIES: "false" } },
  { name: "learngraph, batches not shared", env: { RESPONSE_CACHE_MB: "0", SHARED_BATCHES: "false" } },
  { name: "learngraph, statements not prepared", env: { RESPONSE_CACHE_MB: "0", PREPARED_STATEMENTS: "false" } },
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

/**
 * The table: each has name, arguments for node, cwd, env, path (by kind), documents (none for a limit), answersFrom (database or
 * memory), packages (of bench/) and, in `skipped`, the variants that this learngraph does not tell apart.
 */
export function serverTable() {
  const skipped = [];
  const seen = new Set();
  const ours = variants.flatMap(({ name, env, answersFrom = "database" }) => {
    const known = Object.fromEntries(Object.entries(env).filter(([variable]) => variableNames.includes(variable)));
    const key = JSON.stringify(Object.entries(known).sort());
    if (seen.has(key)) {
      skipped.push(name);
      return [];
    }
    seen.add(key);
    return {
      name,
      arguments: ["scripts/run.mjs", "main"],
      cwd: root,
      env: { ...operatorsEnv(), ...known },
      answersFrom,
    };
  });
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
  return { servers, skipped };
}

let keys;

/** What an operator sets. */
function operatorsEnv() {
  keys ??= execFileSync(process.execPath, ["dist/src/cli/auth.js", "new-key"], { cwd: root, encoding: "utf8" }).trim();
  return {
    HOST: "127.0.0.1",
    PUBLIC_URL: "https://learn.example.org",
    AUTH_SIGNING_KEYS: keys,
    DATABASE_POOL_SIZE: String(poolSize),
    LOG_LEVEL: "warn",
  };
}
