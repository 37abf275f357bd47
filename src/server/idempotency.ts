// `Idempotency-Key`: a mutation that is sent again with the same key is answered as the first time, and not done again
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
import { createHash, createHmac } from "node:crypto";
import type { ApolloServerPlugin, GraphQLRequestContext } from "@apollo/server";
import { Kind, OperationTypeNode, type OperationDefinitionNode, type GraphQLSchema } from "graphql";
import { sql } from "../db/sql";
import { AppError, badInput } from "../errors/app-error";
import { learnerId, type RequestContext } from "../request/context";
import { hasSecretAnswer } from "../graphql/secret-answer";
import { canonicalJson } from "./canonical-json";
import { asRequestErrors } from "./request-errors";

const header = "idempotency-key";
/** Longer than any request runs: after it, a first request that never answered counts as one that never came. */
const runSeconds = 60;

interface Reservation {
  /** Null for somebody who is neither signed in nor a guest. */
  learner: string | null;
  /** A hash of the key and its owner; of somebody who is not known also of the request, so that nobody gets the answer of another one. */
  key: string;
  requestHash: string;
}

type Running = GraphQLRequestContext<RequestContext>;

/**
 * Keys belong to a learner and to one document with its variables. Neither is stored: a fast hash of a request with a password in it would
 * undo what the slow hash of the password is for, so both are hashed together with the key as the client made it up. What failed in a way that trying again may mend is forgotten, so that
 * it is tried again.
 */
export function idempotentMutations(): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => {
      let reservation: Reservation | null = null;
      let stored: object | null = null;
      return {
        didResolveOperation: async request => {
          const key = request.request.http?.headers.get(header);
          if (key === undefined || request.operation?.operation !== OperationTypeNode.MUTATION) return;
          await asRequestErrors(async () => {
            checkUse(request, key);
            const reserved = reservationOf(request, key);
            stored = await reserve(request.contextValue, reserved);
            if (stored === null) reservation = reserved;
          });
        },
        responseForOperation: async ({ response: { http } }) =>
          stored && { body: { kind: "single", singleResult: stored }, http },
        willSendResponse: async ({ response, contextValue }) => {
          if (!reservation || response.body.kind !== "single") return;
          await settle(contextValue, reservation, response.body.singleResult);
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

/** @returns the answer of the first request, or null when this is it. @throws AppError CONFLICT, BAD_USER_INPUT */
async function reserve({ database }: RequestContext, reservation: Reservation): Promise<object | null> {
  const { learner, key, requestHash } = reservation;
  const [own] = await database.query<{ key: string }>(sql`
    INSERT INTO "idempotent_request" AS r ("learner_id", "key", "request_hash")
    VALUES (${learner}::uuid, ${key}, decode(${requestHash}, 'hex'))
    ON CONFLICT ("key") DO UPDATE SET "created_at" = now()
      WHERE r."response" IS NULL AND r."request_hash" = EXCLUDED."request_hash" AND r."created_at" < now() - make_interval(secs => ${runSeconds})
    RETURNING "key"`);
  if (own) return null;
  const [first] = await database.query<{ hash: string; response: string | null }>(sql`
    SELECT encode("request_hash", 'hex') AS "hash", "response" FROM "idempotent_request" WHERE "key" = ${key}`);
  if (first && first.hash !== requestHash) throw badInput("Idempotency-Key", "was used for another mutation.");
  if (!first?.response)
    throw new AppError("CONFLICT", "The first request with this Idempotency-Key is still running. Try again.");
  return JSON.parse(first.response) as object;
}

async function settle(ctx: RequestContext, { key }: Reservation, result: object): Promise<void> {
  const { errors } = result as { errors?: readonly { extensions?: { code?: string } }[] };
  const isPassing = errors?.some(({ extensions }) => passing.has(String(extensions?.code)));
  await ctx.database.query(
    isPassing
      ? sql`DELETE FROM "idempotent_request" WHERE "key" = ${key}`
      : sql`UPDATE "idempotent_request" SET "response" = ${JSON.stringify(result)} WHERE "key" = ${key}`,
  );
}

const passing = new Set(["SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR", "RATE_LIMITED", "CONFLICT"]);
