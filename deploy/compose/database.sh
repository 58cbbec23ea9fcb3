#!/usr/bin/env bash
# Inside the container of Postgres, at its first start: the roles with their passwords, and the database.
set -euo pipefail
sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" "$@"; }
sql --file "${SQL:-/sql}/roles.sql"
sql <<'SQL'
\set app `cat "${SECRETS:-/run/secrets}/app_password"`
\set owner `cat "${SECRETS:-/run/secrets}/owner_password"`
ALTER ROLE address_book_app_a LOGIN PASSWORD :'app';
ALTER ROLE address_book_owner LOGIN PASSWORD :'owner';
CREATE DATABASE address_book OWNER address_book_owner ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
SQL
sql --dbname address_book --file "${SQL:-/sql}/database.sql"
