-- Connections of which was told that sign-ins fail there: so that it is told once, and once that it is over.
CREATE TABLE failing_connections (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    since TIMESTAMP NOT NULL
);
-- How long people of an organization stay signed in; none: as everybody does.
ALTER TABLE organizations ADD COLUMN session_seconds INTEGER;
-- After how many days whom a directory removed is erased; none: when the installation's time for that is over.
ALTER TABLE directories ADD COLUMN removal_days INTEGER;
