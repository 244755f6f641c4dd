-- Users, their sessions, second factors and API keys, and the keys of the issuer. Secrets are sealed by the vault or
-- hashed before they come here. None of these tables has an outbox: nothing of them is ever copied elsewhere.

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    email TEXT NOT NULL,
    password TEXT NOT NULL,
    roles TEXT NOT NULL,
    is_disabled INTEGER NOT NULL,
    must_change INTEGER NOT NULL,
    profile TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    signed_in_ms INTEGER,
    removed_ms INTEGER,
    UNIQUE (node_id, user_id)
) STRICT;

CREATE UNIQUE INDEX users_by_email ON users (node_id, email) WHERE removed_ms IS NULL;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    counter INTEGER NOT NULL,
    refreshed_ms INTEGER NOT NULL,
    active_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    is_verified INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    ended TEXT,
    UNIQUE (node_id, session_id)
) STRICT;

CREATE INDEX living_sessions ON sessions (user_id) WHERE ended_ms IS NULL;

CREATE TABLE factors (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    factor_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    name TEXT NOT NULL,
    is_verified INTEGER NOT NULL,
    used_step INTEGER NOT NULL,
    recovery TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    removed_ms INTEGER,
    UNIQUE (node_id, factor_id)
) STRICT;

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    key_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    used_ms INTEGER,
    ended_ms INTEGER,
    UNIQUE (node_id, key_id)
) STRICT;

CREATE TABLE signing_keys (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    kid TEXT NOT NULL,
    private TEXT NOT NULL,
    public TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    retired_ms INTEGER,
    UNIQUE (node_id, kid)
) STRICT;

CREATE TABLE data_keys (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    owner TEXT NOT NULL,
    master_id TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    UNIQUE (node_id, owner)
) STRICT;

CREATE TABLE throttles (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    key TEXT NOT NULL,
    failures INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    good_ms INTEGER,
    UNIQUE (node_id, key)
) STRICT;

CREATE INDEX audit_by_target ON audit (target, id);
