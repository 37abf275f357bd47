// .env.example and src/config agree: the same variables in the same order, each explained, and the stated defaults are the defaults.
import { readFileSync } from "node:fs";
import { parse } from "../support/env-file";
import { loadConfig, variableNames } from "../../src/config/config";

describe(".env.example", () => {
  const entries = parse(readFileSync(".env.example", "utf8"));

  it("names every variable of Config, in its order, and no other", () => {
    expect(entries.map(entry => entry.name)).toEqual(variableNames);
  });

  it.each(entries)("explains $name", ({ comment }) => {
    expect(comment.length).toBeGreaterThan(20);
  });

  it("states the values that Config takes when nothing is set", () => {
    const stated = Object.fromEntries(entries.map(entry => [entry.name, entry.value]));
    expect(loadConfig(stated)).toEqual(loadConfig({}));
  });
});
