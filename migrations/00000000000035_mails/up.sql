-- Mails: each is a row before it is sent. For whom a setup link is, with the codes by which they prove it. And which address of
-- a customer is told of a connection.

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    recipient TEXT,
    subject_id TEXT NOT NULL,
    data TEXT NOT NULL,
    secret TEXT,
    secret_until TIMESTAMP,
    cause TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TIMESTAMP NOT NULL,
    give_up_at TIMESTAMP NOT NULL,
    said TEXT,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX mails_due ON mails (state, due_at);
CREATE INDEX mails_secret_until ON mails (secret_until);
CREATE INDEX mails_organization_id ON mails (organization_id);
CREATE UNIQUE INDEX mails_cause ON mails (cause);

ALTER TABLE setup_links ADD COLUMN email TEXT;
ALTER TABLE setup_links ADD COLUMN is_guarded BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE setup_link_codes (
    link_id TEXT NOT NULL PRIMARY KEY REFERENCES setup_links (id) ON DELETE CASCADE,
    hash TEXT,
    tries INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    sent_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

CREATE TABLE connection_contacts (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
