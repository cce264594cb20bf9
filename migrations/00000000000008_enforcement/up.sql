-- Who must use single sign-on, who need not, and how they get in when a provider is broken.

ALTER TABLE organizations ADD COLUMN enforcement TEXT NOT NULL DEFAULT 'optional';
ALTER TABLE organizations ADD COLUMN codes_left INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'connection';
ALTER TABLE grants ADD COLUMN method TEXT NOT NULL DEFAULT 'connection';

CREATE TABLE exempt_owners (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX exempt_owners_email ON exempt_owners (organization_id, email_key);

CREATE TABLE break_glass_codes (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    used_by TEXT,
    revoked_at TIMESTAMP
);
CREATE INDEX break_glass_codes_organization ON break_glass_codes (organization_id);
