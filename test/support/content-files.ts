// A small catalogue as files, for tests that break, change or import it.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Paths relative to the content directory and what stands in each file. */
export type ContentFiles = Record<string, string>;

/** Two topics, two tools, two modules and four lessons; nothing wrong with them, and everything that is optional is somewhere. */
export const smallContent: Readonly<ContentFiles> = {
  "topics/backend.md": `---
title: Backend development
emoji: 🧩
category: SOFTWARE_ENGINEERING
position: 1
updatedOn: 2026-06-24
summary: Servers and what they serve.
seo:
  title: AI for backends
  description: What AI does for backends.
callToAction:
  headline: Learn it
  body: It is worth it.
  buttonLabel: Start
  href: /sign-up
  finePrint: Free
tools:
  - tool: cursor
    featured: true
    blurb: An editor.
  - tool: claude
    blurb: An assistant.
sections:
  - kind: OVERVIEW
    emoji: 📘
    heading: Overview
  - kind: AI_IN_ACTION
    emoji: 🤖
    heading: AI in Action
    anchor: in-action
---

## Overview

What a backend is, see [data](topic:data).

## AI in Action

Use [Cursor](tool:cursor), then [Claude](tool:claude), then [Cursor](tool:cursor) again.

- one
- two
`,
  "topics/data.md": `---
title: Data
emoji: 📊
category: DATA
position: 2
updatedOn: 2026-06-25
summary: Numbers.
seo: { title: AI for data, description: What AI does for data. }
tools: []
sections: []
---
`,
  "tools/cursor.md": `---
name: Cursor
vendor: Anysphere
category: CODE_EDITOR
tagline: An editor.
website: https://cursor.com
pricingModel: FREEMIUM
protocols: [MCP]
models: [GPT, Claude]
plans:
  - name: Pro
    price: { amount: "20", currency: USD }
    unit: MONTH
    description: More of it.
    asOf: 2026-06-24
    source: { name: Price page, url: https://cursor.com/pricing }
  - name: Pro
    unit: YEAR
    asOf: 2026-06-24
    source: { name: Price page }
facts:
  - key: revenue
    kind: REVENUE
    statement: Much revenue.
    value: "2000000000"
    comparison: AT_LEAST
    unit: USD per year
    asOf: 2026-06-24
    source: { name: A page }
    verifiedOn: 2026-06-24
    staleAfter: 2026-12-24
  - key: editor
    kind: CAPABILITY
    statement: It edits.
    asOf: 2026-06-24
    source: { name: A page }
---

An editor. See the [guide](lesson:guide-to-cursor).
`,
  "tools/claude.md": `---
name: Claude
vendor: Anthropic
category: ASSISTANT
tagline: An assistant.
website: https://claude.ai
pricingModel: FREEMIUM
---

An assistant.
`,
  "modules/groundwork.md": `---
title: Groundwork
topic: backend
level: BEGINNER
position: 1
summary: The first steps.
lessons: [second-step, first-step]
---
`,
  "modules/practice.md": `---
title: Practice
topic: backend
level: BEGINNER
position: 2
summary: The next steps.
lessons: []
---
`,
  "lessons/first-step.md": lesson("First step", "topics: [backend, data]\nprerequisites: [second-step]"),
  "lessons/second-step.md": lesson("Second step", "topics: [backend]\ntools: [claude, cursor]"),
  "lessons/all-about-it.md": lesson("All about it", "topics: [data, backend]"),
  "lessons/guide-to-cursor.md": lesson("Cursor", "topics: [backend]\nguideTo: cursor", "TOOL_GUIDE"),
};

export function lesson(title: string, more: string, kind = "LESSON"): string {
  return `---
title: ${title}
summary: What ${title} teaches.
kind: ${kind}
level: BEGINNER
durationMinutes: 10
access: PUBLIC
updatedOn: 2026-06-24
${more}
---

## ${title}

The text of ${title}, with [a link](https://example.org/).
`;
}

/** `files` with the text `from`, which must be there, replaced in one of them. */
export function edited(files: Readonly<ContentFiles>, file: string, from: string, to: string): ContentFiles {
  const text = files[file];
  if (!text?.includes(from)) throw new Error(`${file} does not hold ${from}`);
  return { ...files, [file]: text.replace(from, () => to) };
}

export function without(files: Readonly<ContentFiles>, ...removed: string[]): ContentFiles {
  return Object.fromEntries(Object.entries(files).filter(([file]) => !removed.includes(file)));
}

/** Runs `work` on a directory with exactly these files, which is gone afterwards. */
export async function withContent<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "learngraph-content-"));
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    }
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
