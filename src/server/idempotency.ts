// `Idempotency-Key`: a mutation that is sent again with the same key is answered as the first time, and not done again
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
import { createHash, createHmac } from "node:crypto";
import type { ApolloServerPlugin, GraphQLRequestContext } from "@apollo/server";
import { getVariableValues, Kind, OperationTypeNode, type OperationDefinitionNode, type GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Database, DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import { AppError, badInput } from "../errors/app-error";
import { answerInAnyCase, endTransactionsWith, learnerId, type RequestContext } from "../request/context";
import { hasSecretAnswer } from "../graphql/secret-answer";
import { canonicalJson } from "./canonical-json";
import { asRequestErrors } from "./request-errors";

const header = "idempotency-key";

interface Reservation {
  /** Null for somebody who is neither signed in nor a guest. */
  learner: string | null;
  /** A hash of the key and its owner; of somebody who is not known also of the request, so that nobody gets the answer of another one. */
  key: string;
  requestHash: string;
}

/** One of the requests with a key. */
interface Attempt {
  key: string;
  number: number;
}

type Running = GraphQLRequestContext<RequestContext>;

/**
 * Keys belong to a learner and to one document with its variables. Neither is stored: a fast hash of a request with a password in it would
 * undo what the slow hash of the password is for, so both are hashed together with the key as the client made it up.
 *
 * Each transaction of the mutation says that it was done, and is rolled back when another request has taken the key over. So nothing is
 * done twice, whenever the server dies and however long a request takes; only the answer can be lost. What failed in a way that trying
 * again may mend, and has changed nothing, may be tried again.
 *
 * @param operationTimeoutMs how long a client waits; a while after it, a request that has neither answered nor changed anything is overtaken.
 */
export function idempotentMutations(operationTimeoutMs: number, log: Logger): ApolloServerPlugin<RequestContext> {
  const runSeconds = Math.ceil(operationTimeoutMs / 1_000) + 30;
  return {
    requestDidStart: async () => {
      let attempt: Attempt | null = null;
      let stored: object | null = null;
      return {
        didResolveOperation: async request => {
          const key = request.request.http?.headers.get(header);
          if (key === undefined || request.operation?.operation !== OperationTypeNode.MUTATION) return;
          await asRequestErrors(async () => {
            checkUse(request, key);
            // Execution refuses it before anything is done: there is nothing to keep.
            if (!hasFittingVariables(request)) return;
            const { contextValue } = request;
            const reserved = await reserve(contextValue.database, reservationOf(request, key), runSeconds);
            if ("answer" in reserved) return void (stored = reserved.answer);
            attempt = reserved;
            endTransactionsWith(contextValue, session => mark(session, reserved));
            // Who has left will ask again.
            answerInAnyCase(contextValue);
          });
        },
        responseForOperation: async ({ response: { http } }) =>
          stored && { body: { kind: "single", singleResult: stored }, http },
        willSendResponse: async ({ response, contextValue }) => {
          if (!attempt || response.body.kind !== "single") return;
          try {
            await settle(contextValue.database, attempt, response.body.singleResult);
          } catch (error) {
            // What was done is done: the client hears of it, whether it could be noted or not.
            const { requestId } = contextValue;
            log.warn({ err: error, requestId }, "what came of a request with an Idempotency-Key could not be noted");
          }
        },
      };
    },
  };
}

/** @throws AppError for a key that cannot be used here. */
function checkUse({ operation, schema }: Running, key: string): void {
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new AppError("BAD_REQUEST", "Idempotency-Key must have 1 to 255 visible ASCII characters.");
  const secret = operation ? secretField(schema, operation) : undefined;
  if (secret !== undefined) {
    throw new AppError("BAD_REQUEST", `Idempotency-Key cannot be sent with ${secret}: what it answers is not kept.`);
  }
}

function hasFittingVariables({ schema, operation, request }: Running): boolean {
  return getVariableValues(schema, operation?.variableDefinitions ?? [], request.variables ?? {}).coerced !== undefined;
}

function reservationOf({ request, contextValue }: Running, key: string): Reservation {
  const { query, variables = {}, operationName = null } = request;
  const learner = learnerId(contextValue);
  const asked = canonicalJson([query, operationName, variables]);
  const owned = JSON.stringify(learner === null ? [null, key, asked] : [learner, key]);
  return {
    learner,
    key: createHash("sha256").update(owned).digest("base64url"),
    requestHash: createHmac("sha256", key).update(asked).digest("hex"),
  };
}

function secretField(schema: GraphQLSchema, operation: OperationDefinitionNode): string | undefined {
  const fields = schema.getMutationType()?.getFields() ?? {};
  return operation.selectionSet.selections
    .flatMap(selection => (selection.kind === Kind.FIELD ? [selection.name.value] : Object.keys(fields)))
    .find(name => fields[name] && hasSecretAnswer(fields[name]));
}

interface KeptRequest {
  hash: string;
  response: string | null;
  number: number;
  isCommitted: boolean;
  /** Whether it has had its time, or has ended without having changed anything. */
  isFree: boolean;
}

/** @returns the answer of the first request, or which one this is. @throws AppError ANSWER_LOST, CONFLICT, BAD_USER_INPUT */
async function reserve(
  database: Database,
  { learner, key, requestHash }: Reservation,
  runSeconds: number,
): Promise<Attempt | { answer: object }> {
  const [own] = await database.query<Attempt>(sql`
    INSERT INTO "idempotent_request" ("learner_id", "key", "request_hash", "free_at")
    VALUES (${learner}::uuid, ${key}, decode(${requestHash}, 'hex'), now() + make_interval(secs => ${runSeconds}))
    ON CONFLICT ("key") DO NOTHING RETURNING "key", "attempt" AS "number"`);
  if (own) return own;
  const [first] = await database.query<KeptRequest>(sql`
    SELECT encode("request_hash", 'hex') AS "hash", "response", "attempt" AS "number", "is_committed" AS "isCommitted",
      "free_at" <= now() AS "isFree"
    FROM "idempotent_request" WHERE "key" = ${key}`);
  if (!first) throw stillRunning();
  if (first.hash !== requestHash) throw badInput("Idempotency-Key", "was used for another mutation.");
  if (first.response !== null) return { answer: JSON.parse(first.response) as object };
  if (!first.isFree) throw stillRunning();
  if (first.isCommitted) throw answerLost();
  return overtake(database, { key, number: first.number }, runSeconds);
}

const stillRunning = () =>
  new AppError("CONFLICT", "The first request with this Idempotency-Key is still running. Try again.");

const answerLost = () =>
  new AppError(
    "ANSWER_LOST",
    "What was sent with this Idempotency-Key was done, at least in part, and its answer was lost. It is not done again: read what it changed.",
  );

/** Waits for a transaction of the other attempt that is just being committed. @throws AppError CONFLICT */
async function overtake(database: Database, { key, number }: Attempt, runSeconds: number): Promise<Attempt> {
  const [next] = await database.query<Attempt>(sql`
    UPDATE "idempotent_request" SET "attempt" = "attempt" + 1, "free_at" = now() + make_interval(secs => ${runSeconds})
    WHERE "key" = ${key} AND "attempt" = ${number} AND NOT "is_committed" AND "response" IS NULL
    RETURNING "key", "attempt" AS "number"`);
  if (!next) throw stillRunning();
  return next;
}

/**
 * The last statement of a transaction but for the check of what is deferred: so the lock on the row is held for a moment only, and after
 * all others. The row is gone when the transaction deletes its learner.
 * @throws AppError CONFLICT
 */
async function mark(session: DatabaseSession, { key, number }: Attempt): Promise<void> {
  const [{ isOvertaken } = { isOvertaken: true }] = await session.query<{ isOvertaken: boolean }>(sql`
    WITH "marked" AS (
      UPDATE "idempotent_request" SET "is_committed" = true WHERE "key" = ${key} AND "attempt" = ${number} RETURNING 1
    )
    SELECT NOT EXISTS (SELECT 1 FROM "marked") AND EXISTS (SELECT 1 FROM "idempotent_request" WHERE "key" = ${key}) AS "isOvertaken"`);
  if (isOvertaken) throw new AppError("CONFLICT", "Another request with this Idempotency-Key was faster.");
}

/** Errors after which the same request may succeed. */
const passing = new Set(["SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR", "RATE_LIMITED", "CONFLICT"]);

/**
 * Keeps the answer. With an error that may pass, it is not kept: what has changed nothing may be overtaken at once, the rest is lost. The row
 * stays, so that an attempt that is not over yet is told from those after it.
 */
async function settle(database: Database, { key, number }: Attempt, result: object): Promise<void> {
  const { errors } = result as { errors?: readonly { extensions?: { code?: string } }[] };
  const isPassing = errors?.some(({ extensions }) => passing.has(String(extensions?.code)));
  const outcome = isPassing ? sql`"free_at" = now()` : sql`"response" = ${JSON.stringify(result)}`;
  await database.query(sql`UPDATE "idempotent_request" SET ${outcome} WHERE "key" = ${key} AND "attempt" = ${number}`);
}
