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

-- Pages of lists are found by an index, however many rows there are. People of an organization, and the few who are off.
CREATE INDEX users_organization_id ON users (organization_id, id);
CREATE INDEX users_organization_source ON users (organization_id, source, id);
CREATE INDEX users_suspended ON users (id) WHERE suspended_at IS NOT NULL OR directory_suspended_at IS NOT NULL;
CREATE INDEX users_suspended_of ON users (organization_id, id) WHERE suspended_at IS NOT NULL OR directory_suspended_at IS NOT NULL;
CREATE INDEX users_deprovisioned ON users (id) WHERE deprovisioned_at IS NOT NULL;
CREATE INDEX users_deprovisioned_of ON users (organization_id, id) WHERE deprovisioned_at IS NOT NULL;
-- Connections by state; by name without reading the rows, of which each is some kilobytes.
CREATE INDEX connections_state ON connections (state, id);
CREATE INDEX connections_name ON connections (name, organization_id, id);
-- Sign-ins that failed for a cause, anywhere; what happened of a kind in an organization.
CREATE INDEX traces_failure ON traces (cause, id) WHERE cause IS NOT NULL;
CREATE INDEX events_organization_kind ON events (organization_id, kind, id);
-- What a directory was refused, by whose it is.
CREATE INDEX scim_requests_refusals_organization ON scim_requests (organization_id, id) WHERE status >= 400;
CREATE INDEX scim_requests_refusals_connection ON scim_requests (connection_id, id) WHERE status >= 400;
