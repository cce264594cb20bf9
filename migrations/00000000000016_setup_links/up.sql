-- Links with which a customer's IT admin gets into the portal: sent by the operator, or made by the vendor's app for one visit.

CREATE TABLE setup_links (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id TEXT REFERENCES connections (id) ON DELETE SET NULL,
    covers TEXT NOT NULL,
    provider TEXT,
    note TEXT,
    return_url TEXT,
    person TEXT,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    done TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    opened_at TIMESTAMP,
    opened_from TEXT,
    browser_hash TEXT,
    completed_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE UNIQUE INDEX setup_links_hash ON setup_links (hash);
CREATE UNIQUE INDEX setup_links_browser_hash ON setup_links (browser_hash);
CREATE INDEX setup_links_organization_id ON setup_links (organization_id, id);
CREATE INDEX setup_links_connection_id ON setup_links (connection_id);
CREATE INDEX setup_links_expires_at ON setup_links (expires_at);
