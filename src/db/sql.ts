// SQL as values: parameterised templates, and identifiers that come from our own definitions only.
import { Prisma } from "../generated/prisma/client";

export type Sql = Prisma.Sql;
export const sql = Prisma.sql;
export const emptySql = Prisma.empty;

/** Joins fragments, by ", " unless told. Needs at least one. */
export const joinSql = (parts: readonly Sql[], separator = ", "): Sql => Prisma.join([...parts], separator);

/**
 * SQL text that is written in the source: an identifier or an expression over columns, never anything of a client.
 * The pattern admits what such definitions need and no quote, comment or semicolon that could end a statement.
 */
export function trustedSql(text: string): Sql {
  if (!/^[\w\s."(),:[\]=<>+*-]+$/.test(text) || text.includes("--")) throw new Error(`not plain SQL text: ${text}`);
  return Prisma.raw(text);
}

/** `updatedOn` → `updated_on`: how every column is named in prisma/schema.prisma. */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
