-- What an application of a program may do at the REST API; of any other, nothing.
ALTER TABLE applications ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';

-- Access tokens of such applications, each by its SHA-256: what it may do, and the one organization it may do that to.
CREATE TABLE machine_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX machine_tokens_application_id ON machine_tokens (application_id);
CREATE INDEX machine_tokens_organization_id ON machine_tokens (organization_id);
CREATE INDEX machine_tokens_expires_at ON machine_tokens (expires_at);
