-- Valid for SQLite and Postgres. IDs are text, times are UTC, structured values are JSON in text.

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    external_id TEXT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    admission TEXT NOT NULL,
    is_demo BOOLEAN NOT NULL DEFAULT FALSE,
    metadata TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX organizations_external_id ON organizations (external_id) WHERE deleted_at IS NULL;

CREATE TABLE domains (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    challenge TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    checked_at TIMESTAMP,
    live_at TIMESTAMP
);
CREATE UNIQUE INDEX domains_organization_name ON domains (organization_id, name);
CREATE UNIQUE INDEX domains_live_name ON domains (name) WHERE live_at IS NOT NULL;

CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    protocol TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    identity_provider TEXT,
    metadata_url TEXT,
    metadata_at TIMESTAMP,
    revision BIGINT NOT NULL,
    tested_revision BIGINT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP,
    deleted_at TIMESTAMP
);
CREATE INDEX connections_organization_id ON connections (organization_id);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT,
    given_name TEXT,
    family_name TEXT,
    attributes TEXT NOT NULL,
    suspended_at TIMESTAMP,
    directory_suspended_at TIMESTAMP,
    deprovisioned_at TIMESTAMP,
    last_sign_in_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX users_organization_email ON users (organization_id, email_key);
CREATE INDEX users_email_key ON users (email_key);

CREATE TABLE identities (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (connection_id, subject)
);
CREATE INDEX identities_user_id ON identities (user_id);

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    initiate_login_uri TEXT,
    fallback_url TEXT,
    no_connection TEXT NOT NULL,
    id_token_alg TEXT NOT NULL,
    organizations TEXT,
    is_demo BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);

CREATE TABLE application_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP
);
CREATE INDEX application_secrets_application_id ON application_secrets (application_id);

CREATE TABLE traces (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    cause TEXT,
    organization_id TEXT,
    connection_id TEXT,
    application_id TEXT,
    user_id TEXT,
    email TEXT,
    request TEXT,
    saml_request_id TEXT,
    browser_hash TEXT,
    checks TEXT NOT NULL,
    received TEXT,
    message TEXT,
    started_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE UNIQUE INDEX traces_saml_request_id ON traces (saml_request_id);
CREATE INDEX traces_connection_id ON traces (connection_id, id);
CREATE INDEX traces_organization_id ON traces (organization_id, id);
CREATE INDEX traces_started_at ON traces (started_at);
CREATE INDEX traces_open ON traces (expires_at) WHERE finished_at IS NULL;

CREATE TABLE replays (
    connection_id TEXT NOT NULL,
    assertion_id TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (connection_id, assertion_id)
);
CREATE INDEX replays_expires_at ON replays (expires_at);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name_id TEXT NOT NULL,
    session_index TEXT,
    signed_in_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    code_hash TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    offline BOOLEAN NOT NULL,
    nonce TEXT,
    code_challenge TEXT,
    signed_in_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    code_expires_at TIMESTAMP NOT NULL,
    redeemed_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE UNIQUE INDEX grants_code_hash ON grants (code_hash);
CREATE INDEX grants_user_id ON grants (user_id);
CREATE INDEX grants_session_id ON grants (session_id);
CREATE INDEX grants_expires_at ON grants (expires_at);

CREATE TABLE tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX tokens_grant_id ON tokens (grant_id);
CREATE INDEX tokens_expires_at ON tokens (expires_at);

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    certificate TEXT,
    state TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    state_at TIMESTAMP NOT NULL
);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    revoked_at TIMESTAMP,
    last_used_at TIMESTAMP,
    last_used_from TEXT
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

CREATE TABLE idempotency (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER,
    body TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX events_organization_id ON events (organization_id, id);
CREATE INDEX events_subject_id ON events (subject_id, id);
