// Checks that need all files at once: what they name exists, what must be unique is, nothing goes in a circle. Works on front matter
// as it stands, so that one mistake does not hide another.
import { fieldName, type ContentProblem, type FieldPath } from "./content.problem";
import { fileOf, type ContentKind } from "./content.files";
import { slugOf } from "./content.text";
import type { ContentDocument } from "./document.read";

/**
 * @param changed those to check for themselves too; the others, of which no more need be there than what these are held against, must have
 * been found sound before.
 */
export function checkCatalogue(
  documents: readonly ContentDocument[],
  changed: readonly ContentDocument[] = documents,
): ContentProblem[] {
  const of = (kind: ContentKind) => documents.filter(document => document.kind === kind);
  return [
    ...checkReferences(changed, documents),
    ...checkRepetitions(changed),
    ...checkAnchors(changed.filter(({ kind }) => kind === "topic")),
    ...checkFormerSlugs(documents),
    ...checkUnique(
      of("topic"),
      topic => [{ path: ["position"], key: valueAt(topic.raw, ["position"]) }],
      "a position that no other topic has",
    ),
    ...checkUnique(
      of("module"),
      module => {
        const parts = [slugAt(module.raw, ["topic"]), valueAt(module.raw, ["position"])];
        return parts.includes(undefined) ? [] : [{ path: ["position"], key: JSON.stringify(parts) }];
      },
      "a position that no other module of the topic has",
    ),
    ...checkUnique(
      of("module"),
      module => slugsAt(module.raw, ["lessons"]).map(({ path, slug }) => ({ path, key: slug })),
      "a lesson that is in no other module",
    ),
    ...checkUnique(
      of("lesson"),
      lesson => [{ path: ["guideTo"], key: slugAt(lesson.raw, ["guideTo"]) }],
      "a tool that no other lesson guides to",
    ),
    ...checkModules(of("module"), of("lesson")),
    ...checkPrerequisites(of("lesson")),
  ];
}

export interface Named {
  path: FieldPath;
  kind: ContentKind;
  slug: string;
}

/** What the front matter of a document names. */
export function namesIn({ kind, raw }: ContentDocument): Named[] {
  const one = (target: ContentKind, path: FieldPath): Named[] => {
    const slug = slugAt(raw, path);
    return slug === undefined ? [] : [{ path, kind: target, slug }];
  };
  const many = (target: ContentKind, path: FieldPath, key?: string): Named[] =>
    slugsAt(raw, path, key).map(found => ({ ...found, kind: target }));
  switch (kind) {
    case "topic":
      return many("tool", ["tools"], "tool");
    case "tool":
      return [];
    case "module":
      return [...one("topic", ["topic"]), ...many("lesson", ["lessons"])];
    case "lesson":
      return [
        ...many("topic", ["topics"]),
        ...many("tool", ["tools"]),
        ...one("tool", ["guideTo"]),
        ...many("lesson", ["prerequisites"]),
      ];
  }
}

function checkReferences(documents: readonly ContentDocument[], targets: readonly ContentDocument[]): ContentProblem[] {
  const known = new Set(targets.map(({ kind, slug }) => fileOf(kind, slug)));
  const phrase = (kind: ContentKind, slug: string) => `the slug of a ${kind}; there is no ${fileOf(kind, slug)}`;
  return documents.flatMap(document => [
    ...namesIn(document)
      .filter(({ kind, slug }) => !known.has(fileOf(kind, slug)))
      .map(({ path, kind, slug }) => problemAt(document, path, phrase(kind, slug))),
    ...document.references
      .filter(({ kind, slug }) => !known.has(fileOf(kind, slug)))
      .map(({ kind, slug, line }) => ({ file: document.file, line, field: "body", expected: phrase(kind, slug) })),
  ]);
}

/** An address that leads elsewhere is nobody's, and leads to one place. */
function checkFormerSlugs(documents: readonly ContentDocument[]): ContentProblem[] {
  const owners = new Set(documents.map(({ kind, slug }) => fileOf(kind, slug)));
  const former = (document: ContentDocument) =>
    slugsAt(document.raw, ["formerSlugs"]).map(({ path, slug }) => ({ path, key: fileOf(document.kind, slug) }));
  return [
    ...documents.flatMap(document =>
      former(document)
        .filter(({ key }) => owners.has(key))
        .map(({ path, key }) => problemAt(document, path, `a slug that no file has; there is ${key}`)),
    ),
    ...checkUnique(documents, former, "a slug that leads to one place"),
  ];
}

/** Lists in which nothing may stand twice. */
function checkRepetitions(documents: readonly ContentDocument[]): ContentProblem[] {
  return documents.flatMap(document => {
    const { kind, raw } = document;
    const lists: Record<ContentKind, [expected: string, entries: Keyed[]][]> = {
      topic: [
        ["a tool that is not ranked before", keyed(raw, "tools", ["tool"])],
        ["a key that no other fact of the topic has", keyed(raw, "facts", ["key"])],
      ],
      tool: [
        ["each protocol once", keyed(raw, "protocols", [])],
        ["each model family once", keyed(raw, "models", [])],
        ["a name and unit that no other plan of the tool has", keyed(raw, "plans", ["name", "unit"])],
        ["a key that no other fact of the tool has", keyed(raw, "facts", ["key"])],
      ],
      module: [["each lesson once", keyed(raw, "lessons", [])]],
      lesson: [
        ["each topic once", keyed(raw, "topics", [])],
        ["each tool once", keyed(raw, "tools", [])],
        ["each prerequisite once", keyed(raw, "prerequisites", [])],
      ],
    };
    return lists[kind].flatMap(([expected, entries]) =>
      repeated(entries).map(({ path }) => problemAt(document, path, expected)),
    );
  });
}

function checkAnchors(topics: readonly ContentDocument[]): ContentProblem[] {
  return topics.flatMap(topic => {
    const anchors = listAt(topic.raw, ["sections"]).map((section, index) => {
      const given = slugAt(section, ["anchor"]);
      const key = given ?? slugOf(slugAt(section, ["heading"]) ?? "");
      return { path: ["sections", index, given === undefined ? "heading" : "anchor"], key };
    });
    const nameless = anchors.filter(({ path, key }) => key === "" && slugAt(topic.raw, path) !== undefined);
    return [
      ...nameless.map(({ path }) =>
        problemAt(topic, [...path.slice(0, -1), "anchor"], "an anchor, because none can be made from the heading"),
      ),
      ...repeated(anchors.filter(({ key }) => key !== "")).map(({ path, key }) =>
        problemAt(topic, path, `an anchor that no other section has; “${key}” is there before`),
      ),
    ];
  });
}

interface Keyed {
  path: FieldPath;
  key: unknown;
}

function keyed(raw: unknown, list: string, keys: readonly string[]): Keyed[] {
  return listAt(raw, [list]).map((entry, index) => {
    const parts = keys.length === 0 ? [textOf(entry)] : keys.map(key => slugAt(entry, [key]));
    const key = parts.includes(undefined) ? undefined : JSON.stringify(parts);
    return { path: [list, index, ...keys.slice(0, 1)], key };
  });
}

/** All but the first of the entries that share a key; those without one are left alone. */
function repeated<T extends Keyed>(entries: readonly T[]): T[] {
  const seen = new Set<unknown>();
  return entries.filter(({ key }) => key !== undefined && (seen.has(key) || !seen.add(key)));
}

/** A key belongs to one document. Repetitions inside a document are not looked at. */
function checkUnique(
  documents: readonly ContentDocument[],
  keysOf: (document: ContentDocument) => Keyed[],
  expected: string,
): ContentProblem[] {
  const owners = new Map<unknown, ContentDocument>();
  return documents.flatMap(document =>
    keysOf(document).flatMap(({ path, key }) => {
      if (key === undefined) return [];
      const owner = owners.get(key) ?? document;
      owners.set(key, owner);
      return owner === document ? [] : [problemAt(document, path, `${expected}; ${owner.file} has the same`)];
    }),
  );
}

/** A module is a group of lessons of one topic at one level. */
function checkModules(modules: readonly ContentDocument[], lessons: readonly ContentDocument[]): ContentProblem[] {
  const bySlug = new Map(lessons.map(lesson => [lesson.slug, lesson.raw]));
  return modules.flatMap(module => {
    const [topic, level] = [slugAt(module.raw, ["topic"]), slugAt(module.raw, ["level"])];
    return slugsAt(module.raw, ["lessons"]).flatMap(({ path, slug }) => {
      const lesson = bySlug.get(slug);
      if (lesson === undefined) return [];
      const topics = slugsAt(lesson, ["topics"]).map(found => found.slug);
      const lessonLevel = slugAt(lesson, ["level"]);
      return [
        ...(topic !== undefined && topics.length > 0 && !topics.includes(topic)
          ? [problemAt(module, path, `a lesson that has the module's topic ${topic} among its topics`)]
          : []),
        ...(level !== undefined && lessonLevel !== undefined && lessonLevel !== level
          ? [
              problemAt(
                module,
                path,
                `a lesson of the module's level ${level}; ${fileOf("lesson", slug)} has ${lessonLevel}`,
              ),
            ]
          : []),
      ];
    });
  });
}

/** Each circle is named once, at the entry that closes it. Without recursion: chains may be long. */
function checkPrerequisites(lessons: readonly ContentDocument[]): ContentProblem[] {
  const bySlug = new Map(lessons.map(lesson => [lesson.slug, lesson]));
  const problems: ContentProblem[] = [];
  const finished = new Set<string>();
  for (const start of lessons) {
    if (finished.has(start.slug)) continue;
    const trail: { lesson: ContentDocument; next: { path: FieldPath; slug: string }[] }[] = [];
    const enter = (lesson: ContentDocument) => trail.push({ lesson, next: slugsAt(lesson.raw, ["prerequisites"]) });
    enter(start);
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const step = top.next.shift();
      if (!step) {
        finished.add(top.lesson.slug);
        trail.pop();
        continue;
      }
      const lesson = bySlug.get(step.slug);
      if (!lesson || finished.has(step.slug)) continue;
      const from = trail.findIndex(entry => entry.lesson === lesson);
      if (from === -1) {
        enter(lesson);
        continue;
      }
      const circle = [...trail.slice(from).map(entry => entry.lesson.slug), lesson.slug].join(" → ");
      problems.push(problemAt(top.lesson, step.path, `no lesson that needs this one itself: ${circle}`));
    }
  }
  return problems;
}

function problemAt(document: ContentDocument, path: FieldPath, expected: string): ContentProblem {
  return { file: document.file, line: document.lineOf(path), field: fieldName(path), expected };
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

function listAt(value: unknown, path: FieldPath): unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function slugAt(value: unknown, path: FieldPath): string | undefined {
  return textOf(valueAt(value, path));
}

/** The slugs in a list, or under `key` of each entry of a list. */
function slugsAt(value: unknown, path: FieldPath, key?: string): { path: FieldPath; slug: string }[] {
  const keys = key === undefined ? [] : [key];
  return listAt(value, path).flatMap((_, index) => {
    const entry = [...path, index, ...keys];
    const slug = slugAt(value, entry);
    return slug === undefined ? [] : [{ path: entry, slug }];
  });
}
