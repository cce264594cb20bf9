-- Connections of which was told that sign-ins fail there: so that it is told once, and once that it is over.
CREATE TABLE failing_connections (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    since TIMESTAMP NOT NULL
);
