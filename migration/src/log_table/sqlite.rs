/// `seq` is the rowid. Ids are BLOBs of 16 bytes; times are ISO text in UTC, which sorts like times.
///
/// SQLite's `INSERT OR REPLACE` deletes rows without firing DELETE triggers; the trigger before INSERT
/// makes it skip the new row instead.
pub(super) fn create(name: &str, own: &str) -> String {
    format!(
        "CREATE TABLE {name} (
                seq INTEGER PRIMARY KEY CHECK (seq > 0),
                id BLOB NOT NULL,
                action_type TEXT NOT NULL,
                actor_id BLOB,
                actor_type TEXT NOT NULL,
                resource_id TEXT,
                occurred_at TEXT NOT NULL,
                recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
                trace_id TEXT,
                extra TEXT,
                {own}UNIQUE (id, occurred_at)
            );
            CREATE INDEX {name}_resource ON {name} (resource_id, occurred_at) WHERE resource_id IS NOT NULL;
            CREATE INDEX {name}_actor ON {name} (actor_id, occurred_at) WHERE actor_id IS NOT NULL;
            CREATE INDEX {name}_trace ON {name} (trace_id, occurred_at) WHERE trace_id IS NOT NULL;
            CREATE INDEX {name}_time ON {name} (occurred_at, id);
            CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name}
                WHEN EXISTS (
                    SELECT 1 FROM {name}
                    WHERE (id = NEW.id AND occurred_at = NEW.occurred_at) OR seq = NEW.seq
                )
                BEGIN SELECT RAISE(IGNORE); END;
            CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name}
                BEGIN SELECT RAISE(ABORT, 'the log table {name} is append-only: UPDATE is refused'); END;
            CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name}
                BEGIN SELECT RAISE(ABORT, 'the log table {name} is append-only: DELETE is refused'); END;
            "
    )
}
