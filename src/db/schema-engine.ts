// Prisma's schema engine in WebAssembly, for development: writes new migrations and finds drift. The server never loads it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import type { Migration } from "./migrations";

/**
 * The SQL that brings a database with all `migrations` to `schema` (the text of prisma/schema.prisma); empty when there is nothing to
 * do. Works on throw-away databases in memory.
 */
export async function schemaDifference(schema: string, migrations: readonly Migration[]): Promise<string> {
  const client = await PGlite.create();
  try {
    const engine = await startEngine(client, schema);
    const { stdout } = await engine.diff({
      from: {
        tag: "migrations",
        baseDir: ".",
        lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"' },
        shadowDbInitScript: "",
        migrationDirectories: migrations.map(({ name, script }) => ({
          path: name,
          migrationFile: { path: "migration.sql", content: { tag: "ok", value: script } },
        })),
      },
      to: { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content: schema }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const script = (stdout ?? "").trim();
    return script === "-- This is an empty migration." ? "" : script;
  } finally {
    await client.close();
  }
}

/** The package is made for bundlers that import .wasm files; Node is handed the module by hand. */
async function startEngine(client: PGlite, schema: string): Promise<SchemaEngine> {
  const bindings = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const file = join(dirname(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg")), "schema_engine_bg.wasm");
  const { instance } = await WebAssembly.instantiate(readFileSync(file), {
    "./schema_engine_bg.js": bindings as unknown as WebAssembly.ModuleImports,
  });
  const { __wbg_set_wasm: setWasm } = bindings as unknown as { __wbg_set_wasm(wasm: WebAssembly.Exports): void };
  setWasm(instance.exports);
  (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
  return bindings.SchemaEngine.new(
    { datamodels: [["schema.prisma", schema]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(client)),
  );
}
