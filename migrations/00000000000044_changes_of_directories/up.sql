-- What a directory changed last is found without looking at all that it only read.
CREATE INDEX scim_requests_changes_connection ON scim_requests (connection_id, id) WHERE is_change;
