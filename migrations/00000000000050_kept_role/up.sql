-- The highest role of whom a directory has switched off, where they were the last who had it: it is on record and in effect
-- again with them.
ALTER TABLE access ADD COLUMN kept_role TEXT;
UPDATE access SET kept_role = role, role = NULL
WHERE held = 'floor' AND user_id IN (
    SELECT id FROM users
    WHERE suspended_at IS NOT NULL OR directory_suspended_at IS NOT NULL OR deprovisioned_at IS NOT NULL
);
