-- Signing out: whom it concerns, where it goes on, and who is told.

ALTER TABLE sessions ADD COLUMN name TEXT;
CREATE INDEX sessions_connection_name ON sessions (connection_id, name);

ALTER TABLE applications ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE applications ADD COLUMN backchannel_logout_session_required BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE applications ADD COLUMN frontchannel_logout_uri TEXT;
ALTER TABLE applications ADD COLUMN frontchannel_logout_session_required BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE logouts (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    browser_hash TEXT NOT NULL,
    saml_request_id TEXT,
    return_to TEXT,
    outcome TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX logouts_saml_request_id ON logouts (saml_request_id);
CREATE INDEX logouts_session_id ON logouts (session_id);
CREATE INDEX logouts_expires_at ON logouts (expires_at);

CREATE TABLE logout_notices (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX logout_notices_due_at ON logout_notices (due_at);
CREATE INDEX logout_notices_application_id ON logout_notices (application_id);
