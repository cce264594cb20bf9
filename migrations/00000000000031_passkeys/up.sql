-- Passkeys of members, and the questions to browsers that wait for an answer.

CREATE TABLE member_passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL,
    name TEXT NOT NULL,
    passkey TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP
);
CREATE UNIQUE INDEX member_passkeys_credential_id ON member_passkeys (credential_id);
CREATE INDEX member_passkeys_member_id ON member_passkeys (member_id);

CREATE TABLE member_ceremonies (
    hash TEXT NOT NULL PRIMARY KEY,
    member_id TEXT REFERENCES members (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX member_ceremonies_member_id ON member_ceremonies (member_id);
CREATE INDEX member_ceremonies_expires_at ON member_ceremonies (expires_at);
