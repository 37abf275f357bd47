// Documents that are known before anybody sends them, by the SHA-256 of their text: clients send the id alone, a CDN can keep what they get
// (https://github.com/graphql/graphql-over-http, appendix A), and a server can be told to run nothing else.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parse } from "graphql";
import { z } from "zod";
import { AppError, badInput } from "../errors/app-error";
import { checkDocumentText, fixedLimits } from "./document-limits";
import { operationNamesOf } from "./known-operations";

/** The manifest is wrong; the message names the file, and the document where there is one. */
export class PersistedDocumentsError extends Error {
  override readonly name = "PersistedDocumentsError";
}

export class PersistedDocuments {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #known: ReadonlySet<string>;

  /** @param isOnly whether nothing else runs. */
  constructor(
    texts: ReadonlyMap<string, string>,
    readonly isOnly: boolean,
  ) {
    this.#texts = texts;
    this.#known = new Set(texts.values());
  }

  /** The text of the document `id`, with or without the prefix `sha256:`. @throws AppError BAD_USER_INPUT when there is none. */
  textOf(id: string): string {
    const text = this.#texts.get(id.replace(/^sha256:/, ""));
    if (text === undefined) throw badInput("documentId", "names no document that this server knows.");
    return text;
  }

  /** @throws AppError FORBIDDEN for a text that is none of the documents, where nothing else runs. */
  check(text: string): void {
    if (!this.isOnly || this.#known.has(text)) return;
    throw new AppError("FORBIDDEN", "This server runs persisted documents only: send documentId.");
  }

  get texts(): Iterable<string> {
    return this.#texts.values();
  }

  /** Of all operations in them, as far as they can be parsed. */
  operationNames(): string[] {
    return [...this.#known].flatMap(text => {
      try {
        return operationNamesOf(parse(text, { maxTokens: fixedLimits.maxTokens })).filter(name => name !== null);
      } catch {
        return [];
      }
    });
  }
}

export const noPersistedDocuments = new PersistedDocuments(new Map(), false);

const manifest = z.record(z.string().regex(/^(sha256:)?[0-9a-f]{64}$/), z.string());

/**
 * Reads a manifest as GraphQL Code Generator's client preset writes it: a JSON object of texts by their SHA-256 in hexadecimal.
 * @throws PersistedDocumentsError for a file that is none, and for an id that is not the hash of its text.
 */
export async function readPersistedDocuments(path: string, isOnly: boolean): Promise<PersistedDocuments> {
  const documents = manifest.safeParse(await readJson(path));
  if (!documents.success) throw new PersistedDocumentsError(`${path} is no manifest of documents by their SHA-256.`);
  const texts = new Map(Object.entries(documents.data).map(([id, text]) => [id.replace(/^sha256:/, ""), text]));
  for (const [id, text] of texts) {
    if (createHash("sha256").update(text).digest("hex") !== id) {
      throw new PersistedDocumentsError(`${path}: ${id} is not the SHA-256 of its document.`);
    }
    try {
      checkDocumentText(text);
    } catch (error) {
      throw new PersistedDocumentsError(`${path}: ${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return new PersistedDocuments(texts, isOnly);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch {
    throw new PersistedDocumentsError(`${path} cannot be read, or is not JSON.`);
  }
}
