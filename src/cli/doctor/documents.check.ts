// The manifest of persisted documents: there, readable, and each document right for this version's schema.
import { createHash } from "node:crypto";
import type { ProjectConfig } from "../../config/project-config";
import { readPersistedDocuments } from "../../server/persisted-documents";
import { failure, messageOf, ok, type Check } from "./checkup";

const mostShown = 5;

export function documentsCheck({ documents, limits }: ProjectConfig): Check {
  return {
    name: "documents",
    run: async () => {
      const { persistedDocuments: path, persistedDocumentsOnly: isOnly } = documents;
      if (path === undefined) return [ok("not used: PERSISTED_DOCUMENTS is not set")];
      let texts: readonly string[];
      try {
        texts = [...(await readPersistedDocuments(path, isOnly)).texts];
      } catch (error) {
        return [failure(`PERSISTED_DOCUMENTS: ${messageOf(error)} Without it the server does not start`)];
      }
      // Building the schema takes its time: only where it is needed.
      const { buildGraphQLSchema } = await import("../../server/schema");
      const { KnownOperations } = await import("../../server/known-operations");
      const known = new KnownOperations(buildGraphQLSchema(), limits);
      const wrong = texts.flatMap(text => {
        const [problem] = known.prepare(text);
        return problem === undefined ? [] : [{ text, problem }];
      });
      const right = texts.length - wrong.length;
      return [
        ...(right > 0 || wrong.length === 0 ? [ok(`${right} of ${texts.length} documents in ${path} are valid`)] : []),
        ...wrong.slice(0, mostShown).map(({ text, problem }) => failure(`${nameOf(text)}: ${problem} ${remedy}`)),
        ...(wrong.length > mostShown ? [failure(`${wrong.length - mostShown} more documents are not valid`)] : []),
      ];
    },
  };
}

const remedy = "Clients that send it are refused: take the manifest that was made for this version's schema";

/** As clients and logs have it, cut short. */
function nameOf(text: string): string {
  const id = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const name = /\b(?:query|mutation|subscription)\s+(\w+)/.exec(text)?.[1];
  return `document ${id}…${name === undefined ? "" : ` (${name})`}`;
}
