-- The second step of members' sign-in: the key of an app, codes for when it is lost, and browsers that have given the password only.

CREATE TABLE member_second_steps (
    member_id TEXT NOT NULL PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    confirmed_at TIMESTAMP,
    last_step BIGINT NOT NULL
);

CREATE TABLE member_recovery_codes (
    hash TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE
);
CREATE INDEX member_recovery_codes_member_id ON member_recovery_codes (member_id);

CREATE TABLE member_arrivals (
    hash TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    tries INTEGER NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX member_arrivals_member_id ON member_arrivals (member_id);
CREATE INDEX member_arrivals_expires_at ON member_arrivals (expires_at);

-- What a link is for: `password` or `sign_in`.
ALTER TABLE member_links ADD COLUMN purpose TEXT NOT NULL DEFAULT 'password';
