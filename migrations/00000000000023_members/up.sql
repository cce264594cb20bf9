-- The operator's own people at the console, their browsers, and the links by which they come to a password.

CREATE TABLE members (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX members_email_key ON members (email_key);

CREATE TABLE member_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    began_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX member_sessions_hash ON member_sessions (hash);
CREATE INDEX member_sessions_member_id ON member_sessions (member_id);
CREATE INDEX member_sessions_expires_at ON member_sessions (expires_at);

CREATE TABLE member_links (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    member_id TEXT REFERENCES members (id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX member_links_hash ON member_links (hash);
CREATE INDEX member_links_member_id ON member_links (member_id);
CREATE INDEX member_links_expires_at ON member_links (expires_at);
