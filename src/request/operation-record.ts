// What is noted of one operation while it is answered, for those who watch the server. Holds no variable and no header.
import { createHash } from "node:crypto";
import type { Span } from "@opentelemetry/api";
import type { GraphQLFormattedError, OperationTypeNode } from "graphql";
import type { Observer } from "./observer";

/** The ways to an answer (server/graphql-endpoint.ts), and `live`: an event of a subscription. */
export type Way = "repeat" | "cache" | "shared" | "compiled" | "apollo" | "live";

/** `refused`: email and password do not belong together. */
export type SignInOutcome = "ok" | "refused";

/** What is told of a valid operation. Made once where the operation is kept. */
export class OperationFacts {
  readonly #query: string;
  #documentId: string | undefined;

  constructor(
    /** Null for an operation without a name. */
    readonly name: string | null,
    readonly type: OperationTypeNode,
    query: string,
  ) {
    this.#query = query;
  }

  /** The SHA-256 of the document's text, as persisted documents have it. */
  get documentId(): string {
    return (this.#documentId ??= createHash("sha256").update(this.#query).digest("hex"));
  }
}

/** One request for an operation, or one event of a subscription, while it is answered. */
export class OperationRecord {
  /** Null until it is known, and for good where the request is refused before. */
  way: Way | null = null;
  /** Null until the operation is known to be valid. */
  facts: OperationFacts | null = null;
  /** Objects, as server/document-limits.ts measures it; null where it was not measured. */
  cost: number | null = null;
  /** Of its loaders; each is a statement or a few. */
  batches = 0;
  /** SQL statements, where it is traced; one that several operations share counts for each. */
  statements = 0;
  /** Whether the answer was looked for among those that are kept, and was not there. */
  missed = false;
  /** The code of an error in the answer, of the last one. */
  errorCode: string | null = null;

  constructor(
    readonly requestId: string,
    /** On the clock of `performance`. */
    readonly startedAt: number,
    /** Null where it is not traced. */
    readonly span: Span | null,
    private readonly observer: Observer,
  ) {}

  answered(way: Way, facts: OperationFacts | null = this.facts, cost: number | null = this.cost): void {
    this.way = way;
    this.facts = facts;
    this.cost = cost;
  }

  /** The answer holds these errors. */
  failed(errors: readonly GraphQLFormattedError[] | undefined): void {
    const code = errors?.at(-1)?.extensions?.["code"];
    if (typeof code === "string") this.errorCode = code;
  }

  /** Somebody tried to sign in; a refusal is a part of an answer without errors. */
  signIn(outcome: SignInOutcome): void {
    this.observer.signIn(outcome);
  }

  /** Runs `work`, a batch of the operation: so many keys of the loader of this name. */
  batch<T>(loader: string, keys: number, work: () => Promise<T>): Promise<T> {
    this.batches++;
    return this.observer.batch(this, loader, keys, work);
  }
}
