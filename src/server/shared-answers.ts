// Answers that one server has made, for all that share a Redis: behind the cache of each, where they are kept after they were found here. Nothing
// is believed of Redis but the bytes: whether an answer has every change that this server has heard of, its position says (db/change-positions.ts).
// So Redis may lose answers, give older ones, hang or be away: that costs the hits and nothing else.
import { createHash } from "node:crypto";
import { OperationTypeNode } from "graphql";
import type { Redis } from "ioredis";
import type { ChangePositions, Position } from "../db/change-positions";
import { OperationFacts } from "../request/operation-record";
import type { Reads } from "../request/reads";
import { commonReport } from "./charged-request";
import type { BudgetSettings } from "./cost-budget";
import type { OperationRequest } from "./known-operations";
import { answerWith, type CachedAnswer, type ResponseCache } from "./response-cache";
import { parseAnswer, writeAnswer } from "./stored-answer";

export interface SharedAnswersOptions {
  redis: Pick<Redis, "getBuffer" | "set">;
  positions: Pick<ChangePositions, "reached" | "covers" | "next">;
  cache: Pick<ResponseCache, "begin" | "keep" | "keeps">;
  /** Whatever makes an answer another one beside the question and the database: the program, its schema, its limits. */
  edition: readonly unknown[];
  budget: BudgetSettings | undefined;
}

interface HeldAnswer {
  readonly key: string;
  readonly answer: CachedAnswer;
  readonly reads: Reads;
}

/** How long an answer is looked for, in milliseconds. */
export const patienceMs = 50;
/** How long Redis is left alone after it has not answered; then one request asks whether it does. */
const restMs = 1_000;
/** After so long an answer goes, asked for or not. */
const expirySeconds = 3_600;
/** How long an answer waits for a position, in milliseconds: others who have just heard of a change, or begun to, ask for theirs meanwhile. */
const holdMs = 100;
/** Of one answer. */
const mostBytes = 1_048_576;
/** That wait, or are on their way to Redis; further answers are not written. */
const mostBytesUnderWay = 4 * mostBytes;

export class SharedAnswers {
  readonly #options: SharedAnswersOptions;
  readonly #edition: string;
  /** Wait to be written. */
  readonly #held: HeldAnswer[] = [];
  #bytesUnderWay = 0;
  /** In the time of `performance`; 0 while Redis answers. */
  #restsUntil = 0;

  constructor(options: SharedAnswersOptions) {
    this.#options = options;
    this.#edition = hashOf(JSON.stringify(options.edition));
  }

  /**
   * Looks for the answer, and puts it into the cache when it is there, whole, and has every change that was heard. @returns whether it did; the cache
   * knows whether it is of today. Never throws.
   */
  async fetch(key: string, { query }: Pick<OperationRequest, "query">): Promise<boolean> {
    const { positions, cache, budget } = this.#options;
    const asked = positions.reached;
    if (!asked || !this.#mayAsk()) return false;
    const name = this.#nameOf(asked.history, key);
    const value = await this.#read(name);
    const found = value && parseAnswer(value);
    if (found?.key !== name) return false;
    const { head, reads, ended, operation, cost, maxAge, etag } = found;
    const facts = new OperationFacts(operation, OperationTypeNode.QUERY, query);
    const answer = answerWith(head, { reads, maxAge, cost, facts }, commonReport(cost, budget));
    // Another one is damaged, or has another budget in it.
    if (answer.etag !== etag || !positions.covers({ history: asked.history, ended }, answer.tags)) return false;
    return cache.keep(key, answer, reads, cache.begin(), true);
  }

  /** Writes an answer that was just kept, a little later and if it still is. Nobody waits for it. */
  put(key: string, answer: CachedAnswer, reads: Reads): void {
    const bytes = answer.head.length;
    if (this.#restsUntil > 0 || bytes > mostBytes || this.#bytesUnderWay + bytes > mostBytesUnderWay) return;
    this.#bytesUnderWay += bytes;
    this.#held.push({ key, answer, reads });
    if (this.#held.length === 1) setTimeout(() => void this.#write(), holdMs).unref();
  }

  async #write(): Promise<void> {
    const position = await this.#options.positions.next();
    for (const held of this.#held.splice(0)) void this.#send(held, position);
  }

  async #send({ key, answer, reads }: HeldAnswer, position: Position | null): Promise<void> {
    const { redis, cache } = this.#options;
    try {
      // What is still kept has every change that was heard, and so whatever had ended at the position.
      if (!position || !cache.keeps(key, answer) || this.#restsUntil > 0) return;
      const name = this.#nameOf(position.history, key);
      await redis.set(name, writeAnswer(answer, reads, { key: name, ended: position.ended }), "EX", expirySeconds);
    } catch (error) {
      // One that is full says so, and may have answers all the same.
      if ((error as Error).name !== "ReplyError") this.#rest();
    } finally {
      this.#bytesUnderWay -= answer.head.length;
    }
  }

  /** No text of a client is stored as it is. */
  #nameOf(history: string, key: string): string {
    return `answer:${hashOf(`${this.#edition}\n${history}\n${key}`)}`;
  }

  #mayAsk(): boolean {
    if (this.#restsUntil === 0) return true;
    if (performance.now() < this.#restsUntil) return false;
    // The others go on without meanwhile.
    this.#rest();
    return true;
  }

  #rest(): void {
    this.#restsUntil = performance.now() + restMs;
  }

  /** Null, too, when Redis does not give it in time. */
  #read(name: string): Promise<Buffer | null> {
    return new Promise(resolve => {
      let isOver = false;
      const end = (value: Buffer | null, isAnswer: boolean) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        if (isAnswer) this.#restsUntil = 0;
        else this.#rest();
        resolve(value);
      };
      const fail = () => end(null, false);
      // What has arrived while the event loop was busy is not late.
      const timer = setTimeout(() => setImmediate(fail), patienceMs);
      this.#options.redis.getBuffer(name).then(value => end(value, true), fail);
    });
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
