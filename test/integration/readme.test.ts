// The README's first query gets the README's answer.
import { readFileSync } from "node:fs";
import { createTestApi, type TestApi } from "../support/api";

describe("README.md", () => {
  const readme = readFileSync("README.md", "utf8");
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
  });
  afterAll(() => api.close());

  it("shows a first query with the answer that it gets", async () => {
    const body = /-d '(\{.*\})'/.exec(readme)?.[1] ?? "";
    const answer = /```json\n([^`]*)```/.exec(readme)?.[1] ?? "";
    const { query } = JSON.parse(body) as { query: string };
    expect({ data: await api.data(query) }).toEqual(JSON.parse(answer));
  });

  it("names scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/`(?:npm run )?((?:db|content|gen|check|fix):[a-z]+|dev|build)\b/g)].map(
      match => match[1] ?? "",
    );
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter(name => !(name in scripts))).toEqual([]);
  });
});
