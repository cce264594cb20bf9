-- Previews of so many people that nobody waits for the answer: a job works on them.
CREATE TABLE previews (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    asked TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    result TEXT,
    fault TEXT,
    leased_until TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX previews_waiting ON previews (created_at) WHERE finished_at IS NULL;
CREATE INDEX previews_organization_id ON previews (organization_id, created_at);
