// The suite runs on PGlite; with TEST_DATABASE_URL it runs on that PostgreSQL server instead.
/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: { "^.+\\.[cm]?[jt]s$": "@swc/jest" },
  // Packages that are ES modules only.
  transformIgnorePatterns: [
    "/node_modules/(?!(jose|unified|remark-.*|rehype-.*|mdast-.*|hast-.*|unist-.*|micromark.*|vfile.*|bail|trough|is-plain-obj|devlop|decode-named-character-reference|character-entities.*|property-information|space-separated-tokens|comma-separated-tokens|html-void-elements|stringify-entities|ccount|escape-string-regexp|markdown-table|longest-streak|zwitch|trim-lines|@ungap/structured-clone|web-namespaces)/)",
  ],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json"],
  globalSetup: "<rootDir>/test/setup/global-setup.ts",
  globalTeardown: "<rootDir>/test/setup/global-teardown.ts",
  setupFilesAfterEnv: ["<rootDir>/test/setup/no-secrets.ts"],
  testTimeout: 60_000,
  // Jest leaves one core free, which is half of two.
  maxWorkers: Math.max(2, require("node:os").availableParallelism() - 1),
};
