// Answers that are kept until something they were made from changes. The database announces what changes, whoever changes it, and exactly the
// answers that were made from it go. While announcements may be missed, nothing is answered from here.
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Change } from "../db/change-set";
import type { ChangeFeed } from "../db/change-feed";
import type { OperationFacts } from "../request/operation-record";
import { dayOf, type Reads } from "../request/reads";
import { utf8 } from "./utf8";

export interface CachedAnswer {
  /** The answer without what stands behind the data. */
  readonly head: Buffer;
  /** What stands there where the answer is the same for everybody. */
  readonly commonTail: string;
  /** Of the answer with that end. Strong: the same for the same bytes only. */
  readonly etag: string;
  /** What making it might have cost. */
  readonly cost: number;
  /** What it was made from, as `Topic:12` and, where any topic matters, `Topic`. */
  readonly tags: readonly string[];
  /** For how many seconds others may keep it; null when it depends on who asks, and nobody else may. */
  readonly maxAge: number | null;
  /** For those who watch the server. */
  readonly facts: OperationFacts;
}

interface Entry extends CachedAnswer {
  /** Whether it is for those alone who are neither signed in nor a known guest. */
  readonly isForAnonymous: boolean;
  /** The only day on which it is right, wherever the clock is set; null when it is right on any. */
  readonly day: number | null;
  readonly key: string;
  /** Requests, to the letter, that it answers. */
  readonly texts: string[];
  /** When it was used last; in entries kept. */
  usedAt: number;
}

/** An answer that is being made. */
export interface Making {
  /** How many changes had been heard when it was begun. */
  readonly since: number;
}

/** Of so many entities it is known when they changed; of those before, it counts as just now. */
const mostRemembered = 20_000;
/** What an entry and each of its tags take beside their text, in bytes. */
const overhead = 500;
const tagBytes = 150;
/** Of one answer, and characters of all of them: further requests are parsed. */
const mostTexts = 4;
const mostTextCharacters = 4_000_000;

export class ResponseCache {
  readonly #changes: Pick<ChangeFeed, "isProven" | "subscribe">;
  readonly #entries: LRUCache<string, Entry>;
  /** Keys of the answers that were made from an entity, or from any of a type. */
  readonly #keysByTag = new Map<string, Set<string>>();
  /** By the texts of requests that were answered from here. */
  readonly #byText = new Map<string, Entry>();
  #textCharacters = 0;
  readonly #stopListening: () => void;
  #kept = 0;
  #heard = 0;
  /** When an entity, or, under the name of its type, any entity of it, changed last; in changes heard. */
  readonly #changedAt = new Map<string, number>();
  /** From when on that is known. */
  #knownSince = 0;

  /** @param maxBytes of all answers together, with what is known of them. */
  constructor(changes: Pick<ChangeFeed, "isProven" | "subscribe">, maxBytes: number) {
    this.#changes = changes;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ head, tags }, key) => head.length + 2 * key.length + overhead + tagBytes * tags.length,
      dispose: entry => this.#forget(entry),
    });
    // After a loss, everything is announced as changed.
    this.#stopListening = changes.subscribe({ changed: change => this.#change(change) });
  }

  /** The answer, when it is there and for this asker. */
  get(key: string, isAnonymous: boolean): CachedAnswer | null {
    const entry = this.#changes.isProven && this.#entries.get(key);
    return entry && (isAnonymous || !entry.isForAnonymous) ? this.#ofToday(entry) : null;
  }

  /** The answer to a request of this very text, by somebody who says nothing of who they are. */
  repeated(text: string): CachedAnswer | null {
    const entry = this.#changes.isProven && this.#byText.get(text);
    if (!entry) return null;
    // Only between two that are kept does it matter which were used.
    if (entry.usedAt !== this.#kept) {
      entry.usedAt = this.#kept;
      this.#entries.get(entry.key);
    }
    return this.#ofToday(entry);
  }

  /** A request of this text was found to be right, and was answered with what is kept under `key`. */
  learn(text: string, key: string): void {
    const entry = this.#entries.peek(key);
    if (!entry || entry.texts.length >= mostTexts || this.#byText.has(text)) return;
    if (this.#textCharacters + text.length > mostTextCharacters) this.#forgetTexts();
    this.#textCharacters += text.length;
    entry.texts.push(text);
    this.#byText.set(text, entry);
  }

  /** To be called before anything is read. */
  begin(): Making {
    return { since: this.#heard };
  }

  /** Keeps the answer, unless it is one asker's alone or something that it was made from has changed meanwhile. @returns whether it is kept. */
  keep(key: string, answer: CachedAnswer, reads: Reads, { since }: Making, isAnonymous: boolean): boolean {
    if (!isKeepable(reads, isAnonymous) || !this.#changes.isProven || this.#hasChanged(reads, since)) return false;
    this.#entries.set(key, {
      isForAnonymous: reads.isViewerAsked,
      day: reads.askedDay,
      key,
      texts: [],
      usedAt: ++this.#kept,
      ...answer,
    });
    if (!this.#entries.has(key)) return false;
    for (const tag of answer.tags) {
      const keys = this.#keysByTag.get(tag) ?? new Set();
      this.#keysByTag.set(tag, keys.add(key));
    }
    return true;
  }

  /** Whether this very answer is kept, and so has every change that was heard. */
  keeps(key: string, { head }: Pick<CachedAnswer, "head">): boolean {
    return this.#changes.isProven && this.#entries.peek(key)?.head === head;
  }

  /** How much there is, for those who watch the server. */
  get size(): { answers: number; bytes: number } {
    return { answers: this.#entries.size, bytes: this.#entries.calculatedSize };
  }

  stop(): void {
    this.#stopListening();
    this.#entries.clear();
  }

  #hasChanged(reads: Reads, since: number): boolean {
    if (this.#knownSince > since) return true;
    const after = (name: string) => (this.#changedAt.get(name) ?? 0) > since;
    return (
      [...reads.types].some(after) || reads.entities.some(entity => after(entity) || after(`${typeOfTag(entity)}:*`))
    );
  }

  #change({ type, ids }: Change): void {
    this.#heard++;
    if (this.#changedAt.size > mostRemembered) {
      this.#changedAt.clear();
      this.#knownSince = this.#heard;
    }
    this.#changedAt.set(type, this.#heard);
    this.#drop(type);
    if (ids === "all") {
      this.#changedAt.set(`${type}:*`, this.#heard);
      for (const tag of [...this.#keysByTag.keys()]) if (typeOfTag(tag) === type) this.#drop(tag);
      return;
    }
    for (const id of ids) {
      this.#changedAt.set(`${type}:${id}`, this.#heard);
      this.#drop(`${type}:${id}`);
    }
  }

  #drop(tag: string): void {
    for (const key of [...(this.#keysByTag.get(tag) ?? [])]) this.#entries.delete(key);
  }

  #ofToday(entry: Entry): Entry | null {
    if (entry.day === null || entry.day === dayOf(Date.now())) return entry;
    this.#entries.delete(entry.key);
    return null;
  }

  #forgetTexts(): void {
    for (const { texts } of this.#byText.values()) texts.length = 0;
    this.#byText.clear();
    this.#textCharacters = 0;
  }

  #forget({ key, tags, texts }: Entry): void {
    for (const text of texts) {
      this.#byText.delete(text);
      this.#textCharacters -= text.length;
    }
    for (const tag of tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys?.delete(key) && keys.size === 0) this.#keysByTag.delete(tag);
    }
  }
}

/** Whether the answer is the same for more than its asker. */
export function isKeepable(reads: Reads, isAnonymous: boolean): boolean {
  return !reads.isOpaque && (isAnonymous || !reads.isViewerAsked);
}

export interface MadeAnswer {
  /** Its data. */
  json: string;
  reads: Reads;
  /** For how many seconds others may keep it, when it is everybody's. */
  maxAge: number;
  cost: number;
  facts: OperationFacts;
}

/** @param extensions of the answer, where it is the same for everybody. */
export function answerOf({ json, ...made }: MadeAnswer, extensions: object | undefined): CachedAnswer {
  return answerWith(utf8(`{"data":${json}`), made, extensions);
}

/** The same, with the answer's head as it was written before. */
export function answerWith(
  head: Buffer,
  { reads, maxAge, cost, facts }: Omit<MadeAnswer, "json">,
  extensions: object | undefined,
): CachedAnswer {
  const commonTail = tailOf(extensions && JSON.stringify(extensions));
  const hash = createHash("sha256").update(head).update(commonTail).digest("base64url");
  return {
    head,
    commonTail,
    cost,
    facts,
    etag: `"${hash.slice(0, 27)}"`,
    tags: [...reads.types, ...reads.entities],
    maxAge: reads.isViewerAsked ? null : maxAge,
  };
}

/** What stands behind the data. @param extensions in JSON. */
export function tailOf(extensions: string | undefined): string {
  return extensions === undefined ? "}\n" : `,"extensions":${extensions}}\n`;
}

/** @param tail without characters beyond ASCII. */
export function bodyOf({ head }: CachedAnswer, tail: string): Buffer {
  const body = Buffer.allocUnsafe(head.length + tail.length);
  head.copy(body);
  body.write(tail, head.length, "latin1");
  return body;
}

/** `Cache-Status` (RFC 9211): what our own cache did. */
export const cacheStatus = { hit: "learngraph; hit", miss: "learngraph; fwd=miss" };

export const typeOfTag = (tag: string): string => tag.split(":", 1)[0] ?? tag;
