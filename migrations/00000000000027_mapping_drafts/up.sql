-- What a member of the console has changed of an organization's rules and mappings and not applied yet.
CREATE TABLE mapping_drafts (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    changes TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (organization_id, member_id)
);
CREATE INDEX mapping_drafts_member_id ON mapping_drafts (member_id);
