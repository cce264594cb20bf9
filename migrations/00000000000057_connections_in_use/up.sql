-- The connections in use of one organization: by the index of states alone they would be looked for among those of all.
CREATE INDEX connections_organization_state ON connections (organization_id, state, id);
DROP INDEX connections_organization_id;
