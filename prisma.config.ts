// Prisma's own settings: where the schema and migrations are. The application opens its database by itself (src/db).
import { defineConfig } from "prisma/config";

// `prisma generate` wants a schema engine binary only to be there; it never runs it. This keeps it from downloading one.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
});
