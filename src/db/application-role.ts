// The rights of the role that a server signs in to PostgreSQL with: its data, no structure, and an audit that it can only add to.

/** What the script raises for a role that could change the audit whatever is revoked. */
export const unsafeRoleState = "LG002";

/** Tables that a server may not change as it does the others. */
export const readOnlyTables = ["_prisma_migrations"];
export const appendOnlyTables = ["audit_event"];

export function isRoleName(name: string): boolean {
  return (
    /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !/^pg_|^(public|none|current_user|session_user|current_role)$/.test(name)
  );
}

/**
 * A script for whoever owns the tables: makes the role if there is none (it can sign in, and has no password), takes its rights on
 * them, and gives it exactly those that a server needs, also on tables that later migrations make. Running it again changes nothing.
 * To be run in one transaction, on a database with all migrations. Raises `unsafeRoleState` for a role that could give itself more: one
 * that is a superuser, owns the tables or the database, or may act for their owner.
 * @param name for which `isRoleName` holds
 */
export function applicationRoleScript(name: string): string {
  if (!isRoleName(name)) throw new Error("not the name of a role");
  const role = `"${name}"`;
  const tables = (names: readonly string[]) => names.map(table => `"${table}"`).join(", ");
  return `
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${name}') THEN CREATE ROLE ${role} LOGIN; END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${role}', current_database());
END $$;
REVOKE ALL ON SCHEMA "public" FROM ${role};
REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM ${role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA "public" FROM ${role};
GRANT USAGE ON SCHEMA "public" TO ${role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO ${role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "public" TO ${role};
REVOKE UPDATE, DELETE ON ${tables(appendOnlyTables)} FROM ${role};
REVOKE INSERT, UPDATE, DELETE ON ${tables(readOnlyTables)} FROM ${role};
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role};
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT USAGE ON SEQUENCES TO ${role};
DO $$ BEGIN
  IF EXISTS (
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND (pg_has_role('${name}', c.relowner, 'MEMBER') OR pg_has_role('${name}', n.nspowner, 'MEMBER'))
  ) OR has_table_privilege('${name}', 'public.audit_event', 'UPDATE, DELETE, TRUNCATE, TRIGGER') THEN
    RAISE EXCEPTION 'The role ${name} may change audit events: it is a superuser, owns the tables or the database, or belongs to a role that may.'
      USING ERRCODE = '${unsafeRoleState}';
  END IF;
END $$;
`.trimStart();
}
