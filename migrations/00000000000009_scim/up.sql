-- What directories say of people and groups, how they prove who they are, and what they asked for.

CREATE TABLE directories (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    dialect TEXT NOT NULL,
    is_dialect_set BOOLEAN NOT NULL,
    users BIGINT NOT NULL,
    groups BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE scim_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES directories (connection_id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    networks TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    retires_at TIMESTAMP,
    revoked_at TIMESTAMP,
    last_used_at TIMESTAMP,
    last_used_from TEXT
);
CREATE UNIQUE INDEX scim_tokens_hash ON scim_tokens (hash);
CREATE INDEX scim_tokens_connection_id ON scim_tokens (connection_id, id);

-- external_id is empty where the directory gave none: so a comparison is true or false.
CREATE TABLE directory_users (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    user_name_key TEXT NOT NULL,
    external_id TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_test BOOLEAN NOT NULL,
    resource TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX directory_users_user_name ON directory_users (connection_id, user_name_key)
    WHERE deleted_at IS NULL;
CREATE INDEX directory_users_id ON directory_users (connection_id, user_id) WHERE deleted_at IS NULL;
CREATE INDEX directory_users_external_id ON directory_users (connection_id, external_id);
CREATE INDEX directory_users_display_name ON directory_users (connection_id, display_name_key)
    WHERE deleted_at IS NULL;
CREATE INDEX directory_users_active ON directory_users (connection_id, is_active, user_id)
    WHERE deleted_at IS NULL;
CREATE INDEX directory_users_updated_at ON directory_users (connection_id, updated_at)
    WHERE deleted_at IS NULL;
CREATE INDEX directory_users_gone ON directory_users (connection_id, user_name_key, deleted_at)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX directory_users_deleted_at ON directory_users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX directory_users_test ON directory_users (created_at) WHERE is_test;

CREATE TABLE directory_emails (
    connection_id TEXT NOT NULL,
    value_key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES directory_users (user_id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, value_key, user_id)
);
CREATE INDEX directory_emails_user_id ON directory_emails (user_id);

CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    display_name TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    external_id TEXT NOT NULL,
    is_test BOOLEAN NOT NULL,
    resource TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX groups_display_name ON groups (connection_id, display_name_key) WHERE deleted_at IS NULL;
CREATE INDEX groups_gone ON groups (connection_id, display_name_key, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX groups_external_id ON groups (connection_id, external_id);
CREATE INDEX groups_organization_id ON groups (organization_id, id);
CREATE INDEX groups_id ON groups (connection_id, id) WHERE deleted_at IS NULL;
CREATE INDEX groups_updated_at ON groups (connection_id, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX groups_deleted_at ON groups (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX groups_test ON groups (created_at) WHERE is_test;

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES directory_users (user_id) ON DELETE CASCADE,
    added_at TIMESTAMP NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user_id ON group_members (user_id);

CREATE TABLE scim_requests (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    token_id TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    code TEXT,
    effect TEXT NOT NULL,
    is_change BOOLEAN NOT NULL,
    dialect TEXT NOT NULL,
    resource_id TEXT,
    message TEXT,
    micros BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX scim_requests_connection_id ON scim_requests (connection_id, id);
CREATE INDEX scim_requests_organization_id ON scim_requests (organization_id, id);
CREATE INDEX scim_requests_resource_id ON scim_requests (resource_id) WHERE resource_id IS NOT NULL;
