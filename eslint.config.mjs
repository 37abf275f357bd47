// What the linter holds: sound TypeScript, and which way imports may point (docs/architecture.md).
import { importX } from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";

/** Each folder of src, and the folders it may not import from. `main → server → modules → graphql → request → db → generated`. */
const layers = [
  "main.ts",
  "cli",
  "server",
  "modules",
  "content",
  "graphql",
  "request",
  "db",
  "config",
  "errors",
  "generated",
];
const allowed = {
  "main.ts": ["cli", "config", "db", "server"],
  cli: ["config", "content", "db", "errors", "server"],
  server: ["content", "db", "errors", "generated", "graphql", "modules", "request"],
  modules: ["db", "errors", "generated", "graphql", "request"],
  content: ["db", "errors", "generated"],
  graphql: ["errors", "generated", "request"],
  request: ["db", "errors", "generated"],
  db: ["errors", "generated"],
  config: [],
  errors: [],
  generated: [],
};
const zones = layers.flatMap(layer =>
  layers
    .filter(other => other !== layer && !allowed[layer].includes(other))
    .map(other => ({
      target: `./src/${layer}`,
      from: `./src/${other}`,
      message: `src/${layer} may not import from src/${other}.`,
    })),
);
/** Between modules, the side that owns the foreign key depends on the other. */
const moduleOrder = ["user", "topic", "tool", "lesson", "catalog", "node"];
const moduleZones = moduleOrder.flatMap((module, index) =>
  moduleOrder.slice(index + 1).map(later => ({
    target: `./src/modules/${module}`,
    from: `./src/modules/${later}`,
    message: `modules/${module} may not import from modules/${later}.`,
  })),
);

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
      "import-x/no-restricted-paths": ["error", { zones: [...zones, ...moduleZones] }],
      "no-console": "error",
    },
  },
  { files: ["src/cli/**/*.ts", "src/main.ts"], rules: { "no-console": "off" } },
  { files: ["src/**/*.ts"], ignores: ["src/config/**"], rules: { "no-restricted-syntax": noProcessEnv } },
  {
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["src/playground/**/*.{ts,tsx}", "**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
