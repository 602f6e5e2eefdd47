-- An owner, who migrates, a writer, who runs log-service, and a reader.
--
-- As a superuser, or as a role with CREATEROLE that is a member of today's owner, connected to the log's database:
--     psql --set ON_ERROR_STOP=1 --file FILE DATABASE
-- It can be run again at any time, and has no passwords: set them afterwards, in psql with \password ROLE.
SET lock_timeout TO '5s';
SET statement_timeout TO 0;
SET search_path TO pg_catalog;

-- Roles that can log in once they have a password. Those that are there stay as they are.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[current_setting('log_service.owner'), current_setting('log_service.writer'),
        current_setting('log_service.reader')]
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role);
        END IF;
        IF NOT has_database_privilege(role, current_database(), 'CONNECT') THEN
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
        END IF;
    END LOOP;
END
$$;

-- Who is no superuser has to be a member of a role to give it something; until the end, below.
DO $$
DECLARE
    owner text := current_setting('log_service.owner');
BEGIN
    IF NOT pg_has_role(owner, 'USAGE') THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', owner);
        PERFORM set_config('log_service.member_meanwhile', 'yes', false);
    END IF;
END
$$;

-- The schema, and everything in it, is the owner's. One thing at a time, so that nobody waits for all of them.
DO $$
DECLARE
    schema text := current_setting('log_service.schema');
    owner text := current_setting('log_service.owner');
    owned text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = schema) THEN
        EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', schema, owner);
    ELSIF (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = schema) <> owner THEN
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', schema, owner);
    END IF;
    COMMIT;
    FOR owned IN
        SELECT format('TABLE %I.%I', nspname, relname)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = schema AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND pg_get_userbyid(relowner) <> owner
            -- A sequence of a column goes with its table.
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE relkind = 'S' AND classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i')
            )
        UNION ALL
        SELECT format('ROUTINE %s', pg_proc.oid::regprocedure)
        FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname = schema AND pg_get_userbyid(proowner) <> owner
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', owned, owner);
        COMMIT;
    END LOOP;
END
$$;

-- The database is not the writer's, nor the reader's: its owner can drop it.
DO $$
BEGIN
    IF (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())
        IN (current_setting('log_service.writer'), current_setting('log_service.reader'))
    THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), current_setting('log_service.owner'));
    END IF;
END
$$;

-- What writer and reader may do, and nothing that they could before; in the months' tables they need nothing.
DO $$
DECLARE
    schema text := current_setting('log_service.schema');
    owner text := current_setting('log_service.owner');
    writer text := current_setting('log_service.writer');
    reader text := current_setting('log_service.reader');
    member text;
    log_table text;
    ensure_log_partition regprocedure := to_regprocedure(format('%I.ensure_log_partition(text, date)', schema));
BEGIN
    FOR member IN
        SELECT pg_get_userbyid(pg_auth_members.member) FROM pg_auth_members
        WHERE pg_get_userbyid(roleid) = owner AND pg_get_userbyid(pg_auth_members.member) IN (writer, reader)
    LOOP
        EXECUTE format('REVOKE %I FROM %I', owner, member);
    END LOOP;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %I, %I CASCADE', schema, writer, reader);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, %I, %I CASCADE', schema, writer, reader);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM PUBLIC, %I, %I CASCADE', schema, writer, reader);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', schema, writer, reader);
    FOR log_table IN
        SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = quote_ident(schema)::regnamespace
    LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I.%I TO %I', schema, log_table, writer);
        EXECUTE format('GRANT SELECT ON %I.%I TO %I', schema, log_table, reader);
    END LOOP;
    IF to_regclass(format('%I.seaql_migrations', schema)) IS NOT NULL THEN
        EXECUTE format('GRANT SELECT ON %I.seaql_migrations TO %I', schema, writer);
    END IF;
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I, %I', schema, writer, reader);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', schema, writer);
    IF ensure_log_partition IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, %I, %I', ensure_log_partition, writer, reader);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', ensure_log_partition, writer);
    END IF;
    -- The same for what a later version adds.
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT, INSERT ON TABLES TO %I',
        owner, schema, writer);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO %I',
        owner, schema, reader);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT, USAGE ON SEQUENCES TO %I',
        owner, schema, writer);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON SEQUENCES TO %I',
        owner, schema, reader);
END
$$;

DO $$
BEGIN
    IF current_setting('log_service.member_meanwhile', true) = 'yes' THEN
        EXECUTE format('REVOKE %I FROM CURRENT_USER', current_setting('log_service.owner'));
    END IF;
END
$$;
