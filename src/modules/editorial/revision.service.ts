// What a revision says, for editors.
import { fileText } from "../../content/file.write";
import { loadMarkdown } from "../../content/markdown.pipeline";
import { defineLoader } from "../../request/loader";
import { readSourcesOf } from "./revision.rows";

/** The text of the content file of a revision, by its id. */
export const fileOfRevision = defineLoader<number, string>({
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
