-- What could be done to the log by whoever knows the password of this session's role: (kind, thing, through which other
-- role). $1: the log's schema; $2: its tables, separated by commas; $3: the source of the function that refuses changes.
--
-- It is about session_user: whoever is connected can go back to it. A role can be used by each of its members, also by
-- those who do not inherit from it (SET ROLE).
WITH me AS (
    SELECT oid, rolsuper FROM pg_roles WHERE rolname = session_user
), usable AS (
    -- A superuser is a member of all; of him, the first thing says it all.
    SELECT pg_roles.oid, rolname, pg_roles.rolsuper, rolcreaterole,
        CASE WHEN pg_roles.oid = me.oid THEN '' ELSE rolname::text END AS through
    FROM pg_roles CROSS JOIN me
    WHERE CASE WHEN me.rolsuper THEN pg_roles.oid = me.oid ELSE pg_has_role(me.oid, pg_roles.oid, 'MEMBER') END
), grantee AS (
    SELECT oid, through FROM usable UNION ALL SELECT 0, ''
), schema AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = $1
), parent AS (
    SELECT pg_class.oid, relname
    FROM pg_class JOIN schema ON relnamespace = schema.oid
    WHERE relname = ANY (string_to_array($2, ','))
), log_table AS (
    SELECT oid FROM parent
    UNION
    SELECT relid FROM parent CROSS JOIN LATERAL pg_partition_tree(parent.oid)
    UNION
    -- Months that are detached and kept.
    SELECT pg_class.oid
    FROM pg_class JOIN schema ON relnamespace = schema.oid JOIN parent ON starts_with(pg_class.relname, parent.relname)
    WHERE relkind = 'r' AND substr(pg_class.relname, length(parent.relname) + 1) ~ '^_(before_)?[0-9]{4}_(0[1-9]|1[0-2])$'
), relation AS (
    SELECT pg_class.oid, pg_class.oid::regclass::text AS name, relowner, relacl
    FROM pg_class JOIN log_table USING (oid)
    UNION ALL
    SELECT pg_class.oid, pg_class.oid::regclass::text, relowner, relacl
    FROM pg_class JOIN schema ON relnamespace = schema.oid JOIN parent ON pg_class.relname = parent.relname || '_seq'
    WHERE relkind = 'S'
), granted AS (
    SELECT privilege_type, name AS thing, grantee, relowner
    FROM relation CROSS JOIN LATERAL aclexplode(relacl)
    UNION ALL
    SELECT privilege_type, name || ' (' || attname || ')', grantee, relowner
    FROM relation JOIN pg_attribute ON attrelid = relation.oid CROSS JOIN LATERAL aclexplode(attacl)
)
SELECT 'superuser' AS kind, '' AS thing, through FROM usable WHERE rolsuper
UNION ALL
-- Until PostgreSQL 15, they may make anybody a member of anything but a superuser. Later, only where they are members.
SELECT 'create role', '', through FROM usable
WHERE rolcreaterole AND NOT rolsuper AND current_setting('server_version_num')::int < 160000
UNION ALL
SELECT rolname::text, '', through FROM usable
WHERE rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files')
UNION ALL
SELECT 'own database', datname::text, through FROM pg_database JOIN usable ON datdba = usable.oid
WHERE datname = current_database() AND NOT rolsuper
UNION ALL
SELECT 'own', 'the schema ' || nspname, through FROM schema JOIN usable ON nspowner = usable.oid WHERE NOT rolsuper
UNION ALL
SELECT 'own', name, through FROM relation JOIN usable ON relowner = usable.oid WHERE NOT rolsuper
UNION ALL
SELECT 'own', pg_proc.oid::regprocedure::text, through
FROM pg_proc JOIN schema ON pronamespace = schema.oid JOIN usable ON proowner = usable.oid WHERE NOT rolsuper
UNION ALL
SELECT 'create', nspname::text, through
FROM schema CROSS JOIN LATERAL aclexplode(nspacl) AS acl JOIN grantee ON acl.grantee = grantee.oid
WHERE privilege_type = 'CREATE' AND acl.grantee <> nspowner
UNION ALL
SELECT privilege_type, thing, through FROM granted JOIN grantee ON granted.grantee = grantee.oid
WHERE privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') AND granted.grantee <> relowner
UNION ALL
-- A function that runs with the rights of the log's owner, and is not the one that makes partitions.
SELECT DISTINCT 'execute', pg_proc.oid::regprocedure::text, through
FROM pg_proc
CROSS JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
JOIN grantee ON acl.grantee = grantee.oid
WHERE prosecdef AND proowner IN (SELECT relowner FROM relation) AND acl.grantee <> proowner
    AND NOT (proname = 'ensure_log_partition' AND pronamespace = (SELECT oid FROM schema))
    AND pronamespace <> 'pg_catalog'::regnamespace
UNION ALL
-- 58: before UPDATE, DELETE and TRUNCATE, once for each statement. A: also in a session that plays a replica.
SELECT 'not append-only', oid::regclass::text, '' FROM log_table
WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    JOIN pg_proc ON pg_proc.oid = tgfoid
    JOIN pg_language ON pg_language.oid = prolang
    WHERE tgrelid = log_table.oid AND tgtype = 58 AND tgenabled = 'A' AND tgqual IS NULL AND tgattr::text = ''
        AND lanname = 'plpgsql' AND prosrc = $3
)
UNION ALL
SELECT 'rule', rulename || ' on ' || ev_class::regclass, '' FROM pg_rewrite JOIN log_table ON ev_class = log_table.oid
UNION ALL
-- Before INSERT, for each row: it decides what is stored.
SELECT 'insert trigger', tgname || ' on ' || tgrelid::regclass, ''
FROM pg_trigger JOIN log_table ON tgrelid = log_table.oid
WHERE NOT tgisinternal AND tgtype & 7 = 7 AND tgenabled <> 'D'
ORDER BY kind, through, thing
