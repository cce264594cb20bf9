-- The overview tells which domains wait for their DNS record, without reading those that are live.
CREATE INDEX domains_waiting ON domains (created_at) WHERE live_at IS NULL;
