-- Wrong codes of the second step count for the member, whichever browser they come from: how many since the last right one, until
-- when no code of the app is taken, and since when the member is to be told of it. A proposed key ends by itself.
ALTER TABLE member_second_steps ADD COLUMN proposed_at TIMESTAMP;
ALTER TABLE member_second_steps ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member_second_steps ADD COLUMN closed_until TIMESTAMP;
ALTER TABLE member_second_steps ADD COLUMN alarmed_at TIMESTAMP;
-- By what the member came as far as the second step: `password` or `link`.
ALTER TABLE member_arrivals ADD COLUMN came_by TEXT NOT NULL DEFAULT 'password';
-- Sign-ins of one person are found in whatever case the address is written.
DROP INDEX traces_email;
CREATE INDEX traces_email_key ON traces (lower(email), id) WHERE email IS NOT NULL;
