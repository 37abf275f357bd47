// Rendering: what comes out of Markdown as HTML and as plain text, and what can never come out.
import fc from "fast-check";
import { loadMarkdown } from "../../../src/content/markdown.pipeline";

const rendered = async (markdown: string) => (await loadMarkdown()).render(markdown);
const htmlOf = async (markdown: string) => (await rendered(markdown)).html;
const textOf = async (markdown: string) => (await rendered(markdown)).text;

describe("A rendered text, html", () => {
  it.each([
    ["headings, without ids", "## A *b*\n\n### C", "<h2>A <em>b</em></h2>\n<h3>C</h3>"],
    ["a level-1 heading as level 2", "# A", "<h2>A</h2>"],
    [
      "tables with their alignment",
      "| a | b |\n| :-- | --: |\n| 1 | 2 |",
      /<td align="left">1<\/td>\s*<td align="right">2<\/td>/,
    ],
    ["strikethrough", "~~a~~", "<p><del>a</del></p>"],
    [
      "task lists",
      "- [x] a\n- [ ] b",
      /<input type="checkbox" checked disabled> a[^]*<input type="checkbox" disabled> b/,
    ],
    ["code with its language", "```ts\na < b\n```", '<pre><code class="language-ts">a &#x3C; b\n</code></pre>'],
    ["images", "![a](https://example.org/a.png)", '<p><img src="https://example.org/a.png" alt="a"></p>'],
    ["links to the site", "[a](/b) [c](#d)", '<p><a href="/b">a</a> <a href="#d">c</a></p>'],
    ["links to mail", "[a](mailto:a@example.org)", '<p><a href="mailto:a@example.org">a</a></p>'],
    [
      "links to other sites, marked as such",
      '[a](https://example.org "t")',
      '<p><a href="https://example.org" title="t" rel="noopener noreferrer">a</a></p>',
    ],
    [
      "bare addresses as links",
      "https://example.org",
      '<p><a href="https://example.org" rel="noopener noreferrer">https://example.org</a></p>',
    ],
    ["links to tools", "[a](tool:cursor)", '<p><a href="/tools/cursor">a</a></p>'],
    ["links to topics", "[a](topic:data)", '<p><a href="/topics/data">a</a></p>'],
    ["links to lessons", "[a][b]\n\n[b]: lesson:first-step", '<p><a href="/lessons/first-step">a</a></p>'],
    ["no footnotes", "a[^1]\n\n[^1]: b", "<p>a^1</p>"],
  ])("has %s", async (_, markdown, expected) => {
    if (typeof expected === "string") expect(await htmlOf(markdown)).toBe(expected);
    else expect(await htmlOf(markdown)).toMatch(expected);
  });

  it.each([
    ["raw blocks", "<script>alert(1)</script>", ""],
    ["raw inline elements", 'a <b onclick="x">b</b>', "<p>a b</p>"],
    ["raw images", '<img src=x onerror="alert(1)">', ""],
    ["style attributes", '<p style="color:red">a</p>', ""],
    ["comments", "a <!-- b -->", "<p>a </p>"],
    ["links that run code", "[a](javascript:alert(1))", "<p>a</p>"],
    ["links that run code, in disguise", "[a](JaVaScRiPt&#58;alert(1)) [b](java&#10;script:alert(1))", "<p>a b</p>"],
    ["links with data", "[a](data:text/html,x)", "<p>a</p>"],
    [
      "links to other hosts in the guise of a path",
      "[a](//example.org) [b](</\\\\example.org>)",
      '<p>a <a href="/%5Cexample.org">b</a></p>',
    ],
    ["links to content that can be no slug", "[a](tool:Cursor) [b](tool:../x)", "<p>a b</p>"],
    ["images that are not secure", "![a](http://example.org/a.png)", "<p>a</p>"],
    ["images that run code", "![a](javascript:alert(1))", "<p>a</p>"],
    ["images with data", "![a](data:image/svg+xml,x)", "<p>a</p>"],
  ])("has no %s", async (_, markdown, expected) => {
    expect(await htmlOf(markdown)).toBe(expected);
  });
});

describe("A rendered text, text", () => {
  it.each([
    ["blocks apart by a blank line", "## A\n\nb *c*\nd\n\n> e\n>\n> f", "A\n\nb c d\n\ne\n\nf"],
    ["list items on lines", "- a\n- b\n  1. c\n  2. d\n- [ ] e", "a\nb\nc\nd\ne"],
    ["code as it is", "```js\nif (a) {\n  b();\n}\n```\n\nand `c`", "if (a) {\n  b();\n}\n\nand c"],
    ["table rows on lines", "| a | b |\n| --- | --- |\n| c | d |", "a | b\nc | d"],
    ["what images show", "![a tree](/tree.png)", "a tree"],
    ["hard breaks", "a\\\nb", "a\nb"],
    ["no HTML, no rules and no definitions", "a <b>b</b>\n\n---\n\n<p>c</p>\n\n[d]\n\n[d]: /d", "a b\n\nd"],
  ])("has %s", async (_, markdown, expected) => {
    expect(await textOf(markdown)).toBe(expected);
  });
});

describe("A rendered text", () => {
  it("keeps the Markdown as it is", async () => {
    expect((await rendered("# a\n<b>")).markdown).toBe("# a\n<b>");
  });

  it.each([
    ["quotations", `${"> ".repeat(20_000)}a`],
    ["lists", `${"- ".repeat(20_000)}a`],
    ["numbered lists", `${"1. ".repeat(20_000)}a`],
    ["emphasis", "**a ".repeat(20_000)],
  ])("refuses %s without end, at once", async (_, markdown) => {
    // Of the processor: other processes may have the machine meanwhile.
    const before = process.cpuUsage();
    await expect(rendered(markdown)).rejects.toThrow(RangeError);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });

  it("lets nothing through that a browser could run, whatever the Markdown", async () => {
    const hostile = fc.constantFrom(
      ...[
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">',
        "<svg/onload=alert(1)>",
      ],
      ...[
        "javascript:alert(1)",
        "JAVASCRIPT&colon;alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "//example.org",
        "tool:cursor",
      ],
      ...[
        "[a](",
        ")",
        "![a](",
        "[a]: ",
        "[a][a]",
        "<",
        ">",
        '"',
        "'",
        "`",
        "```\n",
        "~~~ js onload=x\n",
        "\n",
        "\n\n",
        "    ",
      ],
      ...[
        "- ",
        "- [x] ",
        "1. ",
        "> ",
        "# ",
        "| a | b |\n| - | - |\n",
        "*",
        "_",
        "~~",
        "&lt;",
        "&#x6A;",
        "\\",
        "\u0000",
        "\uD800",
      ],
      ...["<!--", "-->", "<![CDATA[", "<style>", " style=x ", " id=x ", "[^1]", "[^1]: ", "www.example.org", "a@b.c"],
    );
    const markdown = fc.array(fc.oneof({ weight: 5, arbitrary: hostile }, fc.string({ maxLength: 8 })), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(markdown, async parts => {
        const source = parts.join("");
        const { html } = await rendered(source);
        for (const { name, attributes } of elementsOf(html)) {
          expect(allowedElements).toContain(name);
          for (const [attribute, value] of attributes) {
            expect(allowedAttributes[name] ?? []).toContain(attribute);
            if (attribute === "href") expect(value).toMatch(/^(https?:\/\/[^/]|mailto:|\/(?![/\\])|#)/);
            if (attribute === "src") expect(value).toMatch(/^(https:\/\/[^/]|\/(?![/\\]))/);
          }
        }
        expect((await rendered(source)).html).toBe(html);
      }),
      { numRuns: 400 },
    );
  });
});

const allowedElements = [
  ..."h2 h3 h4 h5 h6 p blockquote ul ol li hr br pre strong em del code a img input table thead tbody tr th td".split(
    " ",
  ),
];
const allowedAttributes: Record<string, string[]> = {
  a: ["href", "title", "rel"],
  img: ["src", "alt", "title"],
  code: ["class"],
  ol: ["start", "class"],
  ul: ["class"],
  li: ["class"],
  input: ["type", "checked", "disabled"],
  th: ["align"],
  td: ["align"],
};

interface StartTag {
  name: string;
  attributes: [name: string, value: string][];
}

/**
 * The start tags of `html`, read as the HTML standard's tokenizer reads them: from "<" and a letter on, attributes quoted, unquoted or
 * bare. Anything else after "<" that is not an end tag (comments, "<!", "<?") is an error here.
 */
function elementsOf(html: string): StartTag[] {
  const found: StartTag[] = [];
  for (let at = html.indexOf("<"); at !== -1; at = html.indexOf("<", at)) {
    const rest = html.slice(at);
    const end = /^<\/[a-z][a-z0-9]*>/.exec(rest);
    if (end) {
      at += end[0].length;
      continue;
    }
    const start = /^<([a-zA-Z][^\s/>]*)/.exec(rest);
    if (!start?.[1]) throw new Error(`not a tag: ${rest.slice(0, 40)}`);
    at += start[0].length;
    const attributes: StartTag["attributes"] = [];
    for (;;) {
      const space = /^[\s/]*/.exec(html.slice(at))?.[0] ?? "";
      at += space.length;
      if (html[at] === ">") break;
      const attribute = /^([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/.exec(html.slice(at));
      if (!attribute?.[1]) throw new Error(`not an attribute: ${html.slice(at, at + 40)}`);
      at += attribute[0].length;
      attributes.push([attribute[1], decoded(attribute[2] ?? attribute[3] ?? attribute[4] ?? "")]);
    }
    found.push({ name: start[1], attributes });
  }
  return found;
}

function decoded(value: string): string {
  return value
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
