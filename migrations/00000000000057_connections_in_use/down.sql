CREATE INDEX connections_organization_id ON connections (organization_id);
DROP INDEX connections_organization_state;
