// What the linter holds: sound TypeScript, and which way imports may point (docs/architecture.md).
import { readFileSync } from "node:fs";
import { importX } from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";

/**
 * `layers`: what each folder of src (and main.ts) may import from besides itself. `modules`: in this order, each may import from those
 * before it, since the side that owns the foreign key depends on the other. test/guards/source-tree.test.ts holds the same table.
 */
const { layers, modules } = JSON.parse(readFileSync("src/import-directions.json", "utf8"));
const place = layer => (layer === "main" ? "./src/main.ts" : `./src/${layer}`);
const zone = (target, from) => ({ target, from, message: `${target} may not import from ${from}.` });
const zones = [
  ...Object.entries(layers).flatMap(([layer, allowed]) =>
    Object.keys(layers)
      .filter(other => other !== layer && !allowed.includes(other))
      .map(other => zone(place(layer), place(other))),
  ),
  ...modules.flatMap((module, index) =>
    modules.slice(index + 1).map(later => zone(`./src/modules/${module}`, `./src/modules/${later}`)),
  ),
];

const noProcessEnv = [
  "error",
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: "Only src/config reads the environment.",
  },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/generated", "coverage", "**/*.cjs", "**/*.d.ts"] },
  ...tseslint.configs.recommended,
  {
    files: ["src/**/*.ts", "test/**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/unbound-method": "off",
      // Decorated classes name types only where the decorators run; see .swcrc: no metadata is emitted.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/no-generated-empty-object-type": "off",
      // GraphQL classes describe shapes; rows and literals of that shape stand for them.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Hooks of Apollo and Fastify are asynchronous whether they wait or not.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/playground/**"],
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json" })] },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-default-export": "error",
      "import-x/no-restricted-paths": ["error", { zones }],
      "no-console": "error",
    },
  },
  { files: ["src/cli/**/*.ts", "src/main.ts"], rules: { "no-console": "off" } },
  { files: ["src/**/*.ts"], ignores: ["src/config/**"], rules: { "no-restricted-syntax": noProcessEnv } },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      // Jest's matchers, such as expect.any(), are of no type.
      "@typescript-eslint/no-unsafe-assignment": "off",
    },
  },
  { files: ["src/playground/**/*.{ts,tsx}", "**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
