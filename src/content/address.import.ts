// Addresses in an import: files that name the slugs which their entity had before.
import type { DatabaseSession } from "../db/database";
import { addRedirects, changeAddress, readAddresses } from "./address.write";
import type { Written } from "./catalogue.write";
import { contentKinds, type ContentKind } from "./content.files";
import type { ContentProblem } from "./content.problem";
import type { Catalogue, ContentOrigin } from "./document.read";
import { idIn } from "./rows.write";

/** A file whose slug is new, and one of whose former slugs is live, renames what is live. */
export async function followRenames(session: DatabaseSession, catalogue: Catalogue): Promise<void> {
  for (const { kind, documents } of byKind(catalogue)) {
    const renamed = documents.filter(({ formerSlugs }) => formerSlugs.length > 0);
    const live = await readAddresses(session, kind, "PRESENT", [
      ...renamed.flatMap(({ slug, formerSlugs }) => [slug, ...formerSlugs]),
    ]);
    for (const { slug, formerSlugs } of renamed) {
      const former = formerSlugs.find(old => live.has(old));
      if (former !== undefined && !live.has(slug)) await changeAddress(session, kind, { slug, id: idIn(live, former) });
    }
  }
}

/** An address leads to one place: no file may take one that leads elsewhere, or give one away that is somebody's. */
export async function checkAddresses(
  session: DatabaseSession,
  catalogue: Catalogue,
  prune: boolean,
): Promise<ContentProblem[]> {
  const problems: ContentProblem[] = [];
  for (const { kind, documents } of byKind(catalogue)) {
    const redirects = await readAddresses(
      session,
      kind,
      "FORMER",
      documents.map(({ slug }) => slug),
    );
    const live = await readAddresses(
      session,
      kind,
      "PRESENT",
      documents.flatMap(({ formerSlugs }) => formerSlugs),
    );
    for (const { slug, file, formerSlugs, lineOf } of documents) {
      if (redirects.has(slug)) {
        const expected = `a slug that leads nowhere else; ${slug} is a former slug of another ${kind}: rename the file`;
        problems.push({ file, line: 1, field: "file", expected });
      }
      for (const [index, former] of formerSlugs.entries()) {
        if (prune || !live.has(former)) continue;
        const expected = `a slug that no ${kind} has; ${former} is in the database and has no file: import with --prune`;
        problems.push({ file, line: lineOf(["formerSlugs", index]), field: `formerSlugs[${index}]`, expected });
      }
    }
  }
  return problems;
}

export async function writeFormerAddresses(
  session: DatabaseSession,
  catalogue: Catalogue,
  written: Written,
): Promise<void> {
  for (const { kind, documents } of byKind(catalogue)) {
    await addRedirects(
      session,
      kind,
      documents.flatMap(({ slug, formerSlugs }) =>
        formerSlugs.map(former => ({ slug: former, id: idIn(written[kind].ids, slug) })),
      ),
    );
  }
}

function byKind(catalogue: Catalogue): { kind: ContentKind; documents: readonly ContentOrigin[] }[] {
  return contentKinds.map(kind => ({ kind, documents: catalogue[`${kind}s`] }));
}
