// The playground in a real browser against the real server: it works with every other host out of reach, and asks for none.
// Needs dist/playground to be built. Without a browser those tests are skipped, and say so.

import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { meanwhile } from "../support/live";
import { startTestServer } from "../support/server";

const browserPaths = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].filter((path): path is string => Boolean(path));
const browserPath = browserPaths.find(path => existsSync(path));
if (!browserPath) {
  process.stderr.write(`playground.test.ts: skipped, no Chromium found (looked at ${browserPaths.join(", ")}).\n`);
}
const describeInBrowser = browserPath ? describe : describe.skip;

let server: Awaited<ReturnType<typeof startTestServer>>;

beforeAll(async () => {
  server = await startTestServer({ playground: true });
}, 60_000);

afterAll(async () => {
  await server.close();
});

describe("Playground over HTTP", () => {
  it("gives its page to a browser at / and at the endpoint, under a policy that allows only our own origin", async () => {
    for (const path of ["/", "/graphql"]) {
      const response = await get(path, { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response.headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "font-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      );
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
      expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(response.headers.get("vary")).toMatch(/\baccept\b/i);
      const html = await response.text();
      expect(html).toContain("<title>learngraph");
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|https?:\/\//);
    }
  });

  it("keeps its page away from clients that did not ask for HTML first", async () => {
    for (const accept of ["*/*", "application/json, text/html;q=0.9", "application/graphql-response+json, text/html"]) {
      const response = await get("/graphql?query=%7B__typename%7D", { accept });
      expect(response.headers.get("content-type")).not.toContain("text/html");
    }
  });

  it("lets a browser keep the hashed files for ever and ask again for the page", async () => {
    const page = await get("/", { accept: "text/html" });
    const again = await get("/", { accept: "text/html", "if-none-match": page.headers.get("etag") ?? "" });
    expect(again.status).toBe(304);

    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/playground\/[^"]+)"/g)].map(
      ([, path]) => path ?? "",
    );
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      const file = await get(path, {});
      expect(file.status).toBe(200);
      expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describeInBrowser("Playground in a browser", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[] = [];
  let foreignRequests: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: browserPath ?? "",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    complaints = [];
    foreignRequests = [];
    context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
    await context.route("**/*", async route => {
      const { origin, href } = new URL(route.request().url());
      if (origin === server.url) return route.continue();
      foreignRequests.push(href);
      return route.abort();
    });
    page = await context.newPage();
    page.on("websocket", socket => {
      if (new URL(socket.url()).host !== new URL(server.url).host) foreignRequests.push(socket.url());
    });
    page.on("pageerror", error => complaints.push(error.message));
    page.on("console", message => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
  }, 30_000);

  afterEach(async () => {
    await context.close();
    expect(foreignRequests).toEqual([]);
    // A violation of the policy is written to the console as an error.
    expect(complaints).toEqual([]);
  });

  it.each(["/", "/graphql"])(
    "opened at %s, runs the topic page's query and shows the topic",
    async path => {
      await open(page, path);
      await selectedTab(page, "TopicPage").waitFor();
      const title = await execute(page);
      await response(page, title).waitFor();
    },
    60_000,
  );

  it("shows the schema's documentation", async () => {
    await open(page, "/graphql");
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.locator(".graphiql-plugin").getByRole("link", { name: "Query", exact: true }).click();
    await page.locator(".graphiql-plugin").getByRole("link", { name: "topic", exact: true }).first().waitFor();
  }, 60_000);

  it("loads another example, and brings the first one back", async () => {
    await open(page, "/graphql");
    const examples = await exampleNames(page);
    expect(examples[0]).toBe("TopicPage");
    expect(examples.length).toBeGreaterThan(1);

    const other = examples[examples.length - 1] ?? "";
    await page.getByRole("menuitem", { name: new RegExp(`^${other} `) }).click();
    await selectedTab(page, other).waitFor();
    await editor(page, other).waitFor();

    await page.getByRole("button", { name: "Examples" }).click();
    await page.getByRole("menuitem", { name: "TopicPage" }).click();
    await selectedTab(page, "TopicPage").waitFor();
    await response(page, await execute(page)).waitFor();
  }, 60_000);

  it("runs what the editor shows, however soon after it was loaded", async () => {
    await open(page, "/graphql");
    await exampleNames(page);
    // Both in one task of the browser: GraphiQL tells the new operation's name a tenth of a second later.
    await page.evaluate(
      `[...document.querySelectorAll("[role=menuitem]")].find(item => item.textContent.startsWith("Catalogue")).click();
       document.querySelector(".graphiql-execute-button").click();`,
    );
    await response(page, "topicCount").waitFor();
  }, 60_000);

  it("gives an example a tab of its own when the visitor has written something", async () => {
    await open(page, "/graphql");
    await write(page, "query Mine { __typename }");
    await selectedTab(page, "Mine").waitFor();

    await page.getByRole("button", { name: "Examples" }).click();
    await page.getByRole("menuitem", { name: "TopicPage" }).click();
    await selectedTab(page, "TopicPage").waitFor();
    await page.getByRole("tab", { name: "Mine" }).click();
    await editor(page, "Mine").waitFor();
  }, 60_000);

  it("follows a subscription and shows each event", async () => {
    await open(page, "/graphql");
    await page.getByRole("button", { name: "Examples" }).click();
    await page.getByRole("menuitem", { name: /^TopicPublished / }).click();
    await editor(page, "subscription TopicPublished").waitFor();
    await page.getByRole("button", { name: /^Execute query/ }).click();
    for (const title of ["The first title", "The second title"]) {
      const change = () => server.database.models.topic.update({ where: { id: 2 }, data: { title } });
      await meanwhile(response(page, title).waitFor(), change);
    }
    await page.getByRole("button", { name: /^Stop query/ }).click();
  }, 60_000);

  it("formats the operation", async () => {
    await open(page, "/graphql");
    await write(page, "query Mine { __typename }");
    await page.getByRole("button", { name: /^Prettify/ }).click();
    // Variables and headers are formatted first; what fails there is a warning in the console.
    await page.locator(".graphiql-query-editor .view-line", { hasText: /^\s+__typename$/ }).waitFor();
  }, 60_000);

  it("works in a browser that allows no storage", async () => {
    await page.addInitScript(
      `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });`,
    );
    await open(page, "/graphql");
    await response(page, await execute(page)).waitFor();
  }, 60_000);
});

function get(path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(server.url + path, { headers });
}

/** Ready means: the editor stands and GraphiQL has read the schema. */
async function open(page: Page, path: string): Promise<void> {
  const introspected = page.waitForResponse(answer => answer.request().method() === "POST");
  await page.goto(server.url + path);
  expect(await page.title()).toContain("learngraph");
  await introspected;
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
}

/** Runs what the editor holds and returns the title of the topic that the server answered with. */
async function execute(page: Page): Promise<string> {
  const answered = page.waitForResponse(answer => answer.request().method() === "POST");
  await page.getByRole("button", { name: /^Execute query/ }).click();
  const result: { data?: { topic?: { title?: string } } } = await (await answered).json();
  expect(result.data?.topic?.title).toEqual(expect.any(String));
  return result.data?.topic?.title ?? "";
}

/** Replaces what the operation editor holds, as a visitor would. */
async function write(page: Page, text: string): Promise<void> {
  await page.locator(".graphiql-query-editor .view-lines").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
}

async function exampleNames(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: "Examples" }).click();
  const names = page.getByRole("menuitem").locator(".example-name");
  await names.first().waitFor();
  return names.allTextContents();
}

function selectedTab(page: Page, name: string) {
  return page.locator(".graphiql-tab-active", { hasText: name });
}

function editor(page: Page, text: string) {
  return page.locator(".graphiql-query-editor .view-lines", { hasText: text });
}

function response(page: Page, text: string) {
  // Monaco writes its spaces as no-break spaces; Playwright treats both alike.
  return page.locator(".graphiql-response .view-lines", { hasText: text });
}
