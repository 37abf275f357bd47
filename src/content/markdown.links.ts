// Where a link or an image in Markdown may lead. One policy for checking files and for rendering them.
import { isSitePath, isSlug, isWebAddress } from "./content.text";

export type ReferenceKind = "tool" | "topic" | "lesson";

export interface LinkTarget {
  /** What stands in the rendered page. */
  href: string;
  /** On another site. */
  external: boolean;
  /** For `tool:cursor` and its like. */
  reference?: { kind: ReferenceKind; slug: string };
}

export const linkPhrase =
  "a link that is https:, http:, mailto:, a path that starts with /, an anchor, or tool:, topic: or lesson: with a slug";
export const imagePhrase = "an image with an https: address or a path that starts with /";

/** @returns undefined for a link that may not be. */
export function linkTarget(url: string): LinkTarget | undefined {
  const [, kind, slug] = /^(tool|topic|lesson):(.*)$/s.exec(url) ?? [];
  if (kind !== undefined && slug !== undefined) {
    if (!isSlug(slug)) return undefined;
    return { href: `/${kind}s/${slug}`, external: false, reference: { kind: kind as ReferenceKind, slug } };
  }
  if (isWebAddress(url)) return { href: url, external: true };
  const internal = isSitePath(url) || url.startsWith("#") || /^mailto:[^\s@]+@[^\s@]+$/.test(url);
  return internal ? { href: url, external: false } : undefined;
}

export function isImageSource(url: string): boolean {
  return isSitePath(url) || (isWebAddress(url) && url.startsWith("https:"));
}
