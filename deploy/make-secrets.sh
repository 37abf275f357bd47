#!/usr/bin/env bash
# Makes what deploy/compose.yaml needs in deploy/secrets/, each a random one; what is there already stays. Needs openssl, and the image.
set -euo pipefail
cd "$(dirname "$0")"
image=${LEARNGRAPH_IMAGE:-learngraph:local}
# Containers read the files as users of their own; the folder lets nobody of this machine but its owner in.
mkdir -p -m 0700 secrets
umask 022

secret() { # name
  [ -s "secrets/$1" ] || openssl rand -hex 24 | tr -d '\n' >"secrets/$1"
  cat "secrets/$1"
}

owner=$(secret postgres_owner_password)
app=$(secret postgres_app_password)
redis=$(secret redis_password)
secret grafana_admin_password >/dev/null
printf '"learngraph_app" "%s"\n' "$app" >secrets/pgbouncer_users
printf 'requirepass %s\n' "$redis" >secrets/redis_conf
printf 'DATABASE_URL=postgresql://learngraph_owner:%s@postgres:5432/learngraph\n' "$owner" >secrets/owner.env
if [ ! -s secrets/signing_keys ]; then
  docker run --rm "$image" node dist/src/cli/auth.js new-key >secrets/signing_keys.new
  mv secrets/signing_keys.new secrets/signing_keys
fi
{
  printf 'DATABASE_URL=postgresql://learngraph_app:%s@pgbouncer:6432/learngraph\n' "$app"
  printf 'DATABASE_DIRECT_URL=postgresql://learngraph_app:%s@postgres:5432/learngraph\n' "$app"
  printf 'REDIS_URL=redis://:%s@redis:6379/0\n' "$redis"
  printf "AUTH_SIGNING_KEYS='%s'\n" "$(cat secrets/signing_keys)"
  # The mail server and its password: written into this file by hand, and kept.
  [ ! -f secrets/mail.env ] || cat secrets/mail.env
} >secrets/server.env
echo "deploy/secrets/ is complete. For mail, write SMTP_URL=… and MAIL_FROM=… into deploy/secrets/mail.env and run this again."
