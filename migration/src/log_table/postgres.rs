/// The table is partitioned by month: old months can be detached as a whole, and a query for some time reads few of
/// them. There is no default partition, because it would get in the way of adding others.
///
/// Text with an index is compared byte by byte: the order of a language would cost several times as much, and ids have
/// none.
///
/// The triggers fire `ALWAYS`: also in a session with `session_replication_role = replica`.
pub(super) fn create(name: &str, own: &str) -> String {
    format!(
        "CREATE SEQUENCE {name}_seq;
            CREATE TABLE {name} (
                id uuid NOT NULL,
                seq bigint NOT NULL DEFAULT nextval('{name}_seq'),
                action_type varchar(255) NOT NULL,
                actor_id uuid,
                actor_type varchar(255) NOT NULL,
                resource_id varchar(255) COLLATE \"C\",
                occurred_at timestamptz NOT NULL,
                recorded_at timestamptz NOT NULL DEFAULT now(),
                trace_id varchar(255) COLLATE \"C\",
                extra jsonb,
                {own}PRIMARY KEY (id, occurred_at)
            ) PARTITION BY RANGE (occurred_at);
            CREATE INDEX {name}_resource ON {name} (resource_id, occurred_at) WHERE resource_id IS NOT NULL;
            CREATE INDEX {name}_actor ON {name} (actor_id, occurred_at) WHERE actor_id IS NOT NULL;
            CREATE INDEX {name}_trace ON {name} (trace_id, occurred_at) WHERE trace_id IS NOT NULL;
            CREATE INDEX {name}_time ON {name} (occurred_at, id);
            CREATE INDEX {name}_seq_range ON {name} USING brin (seq) WITH (autosummarize = on);
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
            ALTER TABLE {name} ENABLE ALWAYS TRIGGER append_only;
            "
    )
}
