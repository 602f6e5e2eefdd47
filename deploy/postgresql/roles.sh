#!/bin/sh
# The roles of the log with their passwords; what they may do is `log-service migrate roles`'s to say. PostgreSQL's image
# runs this when it makes the database. On one that is there already, and after a password has changed:
#
#   docker compose --file deploy/compose.yaml exec postgresql sh /docker-entrypoint-initdb.d/roles.sh

set -eu

# By variables of psql, read from the environment: no password stands in a command line.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'END'
\getenv owner_password DB_OWNER_PASSWORD
\getenv writer_password DB_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', role) FROM unnest(ARRAY['log_owner', 'log_writer']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
-- Not for the server's log.
SET log_statement TO 'none';
SET log_min_duration_statement TO -1;
SET log_min_error_statement TO 'panic';
ALTER ROLE log_owner PASSWORD :'owner_password';
ALTER ROLE log_writer PASSWORD :'writer_password';
END
