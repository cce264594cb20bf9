-- Events are the audit log: from where something was done, what was before and after, and a chain of hashes over all of it.

ALTER TABLE events ADD COLUMN origin TEXT;
ALTER TABLE events ADD COLUMN change TEXT;
ALTER TABLE events ADD COLUMN hash TEXT;

CREATE TABLE audit_chain (
    name TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- The chain begins after what has a place already.
INSERT INTO audit_chain (name, position, hash)
SELECT 'anchor', coalesce((SELECT last FROM event_counters WHERE name = 'all'), 0), '';
INSERT INTO audit_chain (name, position, hash)
SELECT 'head', position, hash FROM audit_chain WHERE name = 'anchor';
