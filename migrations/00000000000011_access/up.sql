-- What groups give to people: roles and kinds of places of applications, places of organizations, mappings, rules, and
-- what each person has.

ALTER TABLE applications ADD COLUMN roles TEXT NOT NULL
    DEFAULT '[{"key":"admin","name":"Admin"},{"key":"user","name":"User"},{"key":"guest","name":"Guest"}]';
ALTER TABLE applications ADD COLUMN default_role TEXT;
UPDATE applications SET default_role = 'user';
ALTER TABLE applications ADD COLUMN entity_types TEXT NOT NULL
    DEFAULT '[{"key":"team","name":"Team","placement":"additive","scope":"type","auto_create":true,"follow_rename":true},{"key":"concurrency_group","name":"Concurrency group","placement":"exclusive","scope":"type","auto_create":true,"follow_rename":true},{"key":"sub_organization","name":"Sub-organization","placement":"exclusive","scope":"organization","auto_create":false,"follow_rename":false}]';
ALTER TABLE groups ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE directory_users ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';

-- How an organization's directories act. Each organization has a row; those that had groups before go on with them.
CREATE TABLE provisioning (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    groups BOOLEAN NOT NULL,
    breaker BOOLEAN NOT NULL,
    most_people INTEGER NOT NULL,
    most_percent INTEGER NOT NULL,
    hold_hours INTEGER NOT NULL,
    rules_version BIGINT NOT NULL,
    recompute_at TIMESTAMP
);
CREATE INDEX provisioning_recompute_at ON provisioning (recompute_at) WHERE recompute_at IS NOT NULL;
INSERT INTO provisioning (organization_id, groups, breaker, most_people, most_percent, hold_hours, rules_version)
SELECT id, EXISTS (SELECT 1 FROM groups WHERE groups.organization_id = organizations.id), true, 20, 30, 24, 0
FROM organizations;

CREATE TABLE entities (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    external_id TEXT,
    is_default BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX entities_key ON entities (organization_id, key);
CREATE UNIQUE INDEX entities_name ON entities (organization_id, application_id, kind, name_key);
CREATE UNIQUE INDEX entities_default ON entities (organization_id, application_id, kind) WHERE is_default;
CREATE INDEX entities_id ON entities (organization_id, id);

CREATE TABLE mappings (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    entity_id TEXT REFERENCES entities (id) ON DELETE SET NULL,
    proposed TEXT,
    role TEXT,
    rule_id TEXT,
    state TEXT NOT NULL,
    flag TEXT,
    since TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX mappings_owner ON mappings (entity_id) WHERE entity_id IS NOT NULL AND state <> 'rejected';
CREATE INDEX mappings_entity_id ON mappings (entity_id);
CREATE INDEX mappings_group_id ON mappings (group_id);
CREATE INDEX mappings_organization_id ON mappings (organization_id, id);

CREATE TABLE rule_sets (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    rules TEXT NOT NULL,
    author TEXT NOT NULL,
    effect TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (organization_id, version)
);

CREATE TABLE access (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role TEXT,
    because TEXT,
    held TEXT,
    held_until TIMESTAMP,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, application_id)
);
CREATE INDEX access_role ON access (organization_id, application_id, role);
CREATE INDEX access_held ON access (organization_id, application_id, held) WHERE held IS NOT NULL;
CREATE INDEX access_held_until ON access (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE placements (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL,
    mapping_id TEXT,
    since TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, entity_id)
);
CREATE INDEX placements_entity_id ON placements (entity_id, user_id);

-- Of two mappings whose places exclude each other for a person: which holds, and which one somebody chose.
CREATE TABLE access_conflicts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    first_id TEXT NOT NULL REFERENCES mappings (id) ON DELETE CASCADE,
    second_id TEXT NOT NULL REFERENCES mappings (id) ON DELETE CASCADE,
    current_id TEXT NOT NULL,
    winner_id TEXT,
    decided_at TIMESTAMP,
    decided_by TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX access_conflicts_pair ON access_conflicts (user_id, first_id, second_id);
CREATE INDEX access_conflicts_first_id ON access_conflicts (first_id);
CREATE INDEX access_conflicts_second_id ON access_conflicts (second_id);
CREATE INDEX access_conflicts_open ON access_conflicts (organization_id, id) WHERE winner_id IS NULL;

-- Who has lost something by a directory lately.
CREATE TABLE access_losses (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    lost_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, application_id)
);
CREATE INDEX access_losses_lost_at ON access_losses (organization_id, application_id, lost_at);

-- What a person should look at.
CREATE TABLE access_alerts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP
);
CREATE UNIQUE INDEX access_alerts_open ON access_alerts (organization_id, kind, subject_id) WHERE closed_at IS NULL;
CREATE INDEX access_alerts_organization_id ON access_alerts (organization_id, id);
