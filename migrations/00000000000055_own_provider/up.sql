-- The connection at which members sign in to the console, with the revision at which an owner chose it: one row, or none.
CREATE TABLE console_provider (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    chosen_at TIMESTAMP NOT NULL
);

-- The sign-in at that provider by which a member came; none: they came in another way. What ends it ends this, too.
ALTER TABLE member_sessions ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX member_sessions_session_id ON member_sessions (session_id);
ALTER TABLE member_arrivals ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX member_arrivals_session_id ON member_arrivals (session_id);

-- Where at the console a member wants to go who signs in there by a provider.
ALTER TABLE traces ADD COLUMN console_path TEXT;
