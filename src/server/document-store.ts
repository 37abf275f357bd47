// Parsed documents as Apollo Server keeps them, bounded by their text. Its own store measures 30 MB of them as JSON, which is ten times as much in
// memory, and anybody can fill it with documents that differ.
import type { DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";

/** Characters of all documents together; what is made of them takes some fifty times as many bytes. */
const mostCharacters = 500_000;

export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({ maxSize: mostCharacters });
  return {
    get: key => Promise.resolve(documents.get(key)),
    set: (key, document) => {
      documents.set(key, document, { size: (document.loc?.source.body.length ?? 0) + key.length });
      return Promise.resolve();
    },
    delete: key => Promise.resolve(documents.delete(key)),
  };
}
