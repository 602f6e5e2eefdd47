# Everything that is done with this project, by name. `just` lists it.

# Arguments with spaces and question marks arrive as they were typed.
set positional-arguments

# List the recipes.
default:
    @just --list --unsorted

# Start everything on this machine, publish the samples, and show what was stored.
quickstart *ARGS:
    deploy/quickstart {{ARGS}}

# Everything that must pass: formatting, lints, features, documentation, tests. CI runs this.
test:
    deploy/test

# The quick part of it, while working.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Format the code.
fmt:
    cargo fmt --all

# The tests alone; with a name, those that match it.
tests *NAME:
    cargo test --workspace --all-features {{NAME}}

# Hold the API against its own description, with made-up questions.
api-test:
    deploy/api-test

# Add a domain: `just new-domain refund --own "reason:text?,amount:i64"`; `just new-domain --help` lists the options.
new-domain *ARGS:
    @cargo xtask new-domain "$@"

# Write what the tests keep current: docs/openapi.json, docs/contract.
documents:
    UPDATE_DOCUMENTS=1 cargo test -p log-service --test it -- web::document:: promises::documents::

# Hold docs/contract/asyncapi.json against AsyncAPI's own parser.
check-contract:
    deploy/check-contract

# Make the pictures of the documents anew, from the sample events.
pictures:
    deploy/servers/install rabbitmq browser
    UPDATE_DOCUMENTS=1 cargo test -p log-service --test browser pictures

# Measure all, or a part: `ingest`, `replicas`, `publishing`, `reading`, `stories`; writes target/bench/latest.json. Twenty minutes or so.
bench *PART:
    cargo bench -p log-service --bench log_service -- {{PART}}

# Prove that nothing is lost or doubled: a million events, a hundred faults, by default; writes docs/reliability.md.
chaos:
    deploy/servers/install rabbitmq postgresql
    CHAOS_EVENTS="${CHAOS_EVENTS:-1000000}" CHAOS_FAULTS="${CHAOS_FAULTS:-100}" CHAOS_SEED="${CHAOS_SEED:-$(date +%s)}" \
        CHAOS_RECOVERY_SECONDS=15 CHAOS_REPORT={{justfile_directory()}}/docs/reliability.md \
        cargo test --release -p log-service --features heavy-tests --test chaos -- --nocapture

# Licences, bans and sources of all dependencies; known vulnerabilities where their database can be had.
deny:
    deploy/check-dependencies
    if .servers/cargo-deny/bin/cargo-deny fetch db; then .servers/cargo-deny/bin/cargo-deny check advisories; else echo "advisories: no database, not checked"; fi

# Dependencies that nothing uses.
unused:
    @command -v cargo-machete >/dev/null || cargo install --locked cargo-machete
    cargo machete

# The documentation of all crates, in the browser.
doc:
    cargo doc --workspace --no-deps --all-features --open
