#!/usr/bin/env bash
# Run once by the postgres image, when it makes the database: the role that servers sign in with. Its rights come from `db role`, after the
# migrations. The time limits are set here, since PgBouncer passes on none that a connection asks for at its start.
set -euo pipefail
psql --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$(cat /run/secrets/postgres_app_password)" <<'SQL'
CREATE ROLE learngraph_app LOGIN PASSWORD :'password';
ALTER ROLE learngraph_app SET statement_timeout = '5s';
ALTER ROLE learngraph_app SET idle_in_transaction_session_timeout = '10s';
SQL
