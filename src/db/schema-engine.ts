// Prisma's schema engine in WebAssembly, for development: writes new migrations and finds drift. The server never loads it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import { embeddedExtensions } from "./embedded-driver";
import { MigrationError, type Migration } from "./migrations";

/**
 * The SQL that brings a database with all `migrations` to `schema` (the text of prisma/schema.prisma); empty when there is nothing to
 * do. Works on a throw-away database in memory.
 * @throws MigrationError that says what is wrong with the schema or with a migration.
 */
export async function schemaDifference(schema: string, migrations: readonly Migration[]): Promise<string> {
  const client = await PGlite.create({ extensions: await embeddedExtensions() });
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
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`The schema cannot be compared with the migrations: ${cause.trim()}`, { cause: error });
  } finally {
    await client.close();
  }
}

async function startEngine(client: PGlite, schema: string): Promise<SchemaEngine> {
  engineModule ??= loadEngine();
  const { SchemaEngine: Engine } = await engineModule;
  const factory = new PrismaPGlite(client);
  return Engine.new(
    { datamodels: [["schema.prisma", schema]] },
    () => undefined,
    // The database is a throw-away one already; a second one for the migrations would only cost another five seconds.
    bindMigrationAwareSqlAdapterFactory({
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: () => factory.connect(),
      connectToShadowDb: () => factory.connect(),
    }),
  );
}

type EngineModule = typeof import("@prisma/schema-engine-wasm/schema_engine_bg");

/** Loaded once: the package keeps one WebAssembly instance, and work of an earlier one breaks when it is replaced. */
let engineModule: Promise<EngineModule> | undefined;

/** The package is made for bundlers that import .wasm files; Node is handed the module by hand. */
async function loadEngine(): Promise<EngineModule> {
  const bindings = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const file = join(dirname(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg")), "schema_engine_bg.wasm");
  const { instance } = await WebAssembly.instantiate(readFileSync(file), {
    "./schema_engine_bg.js": bindings as unknown as WebAssembly.ModuleImports,
  });
  const { __wbg_set_wasm: setWasm } = bindings as unknown as { __wbg_set_wasm(wasm: WebAssembly.Exports): void };
  setWasm(instance.exports);
  (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
  return bindings;
}
