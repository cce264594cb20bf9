-- Addresses by which customers reach a connection that they reached at another product before.
-- A shared address leads to several connections; any other leads to one.
CREATE TABLE aliases (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    path TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX aliases_path ON aliases (path) WHERE kind <> 'shared_acs';
CREATE UNIQUE INDEX aliases_shared_path ON aliases (path, connection_id);
CREATE INDEX aliases_connection_id ON aliases (connection_id);
CREATE INDEX aliases_organization_id ON aliases (organization_id);
-- What the provider of such a connection knows us by, where that is not what we would be called.
ALTER TABLE connections ADD COLUMN sp_entity_id TEXT;
ALTER TABLE connections ADD COLUMN acs_url TEXT;
