// What content says, and how healthy it is, for editors. Knows no GraphQL.
import { contentKinds } from "../../content/content.files";
import { checkHealth } from "../../content/health/health.check";
import type { HealthFinding } from "../../content/health/health.finding";
import { readSurroundings } from "../../content/health/health.read";
import { readLiveSources } from "../../content/live.read";
import type { Source } from "../../content/source.model";
import { integerKey, type NodeId } from "../../graphql/node-id";
import { today, type RequestContext } from "../../request/context";
import { typeOf } from "./draft.service";
import { fileText } from "../../content/file.write";
import { loadMarkdown } from "../../content/markdown.pipeline";
import { defineLoader } from "../../request/loader";
import { readRevision, readSourcesOf } from "./revision.rows";

/** The text of the content file of a revision, by its id. */
export const fileOfRevision = defineLoader<number, string>({
  name: "Revision.file",
  batch: async (ctx, ids) => {
    const markdown = await loadMarkdown();
    const sources = await readSourcesOf(ctx.session.models, ids);
    return Promise.all(
      ids.map(async id => {
        const source = sources.get(id);
        return source ? fileText(source, markdown) : new Error("a revision is gone");
      }),
    );
  },
});

/** What an editor should mend; nothing for what does not exist. */
export async function contentHealth(ctx: RequestContext, id: NodeId): Promise<HealthFinding[]> {
  const source = await sourceNamed(ctx, id);
  return source ? checkHealth(source, await readSurroundings(ctx.session, [source]), today(ctx)) : [];
}

async function sourceNamed({ session }: RequestContext, id: NodeId): Promise<Source | undefined> {
  const revision = integerKey(id, "Revision");
  if (revision !== null) return (await readRevision(session.models, revision))?.source;
  for (const kind of contentKinds) {
    const key = integerKey(id, typeOf(kind));
    if (key !== null) return (await readLiveSources(session, { [kind]: [key] }))[0]?.source;
  }
  return undefined;
}
