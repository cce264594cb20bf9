-- What pages of the console look for is found by an index, however much there is.
--
-- Requests of directories that changed something or were refused are few among very many that only read.
CREATE INDEX scim_requests_changes ON scim_requests (id) WHERE is_change;
CREATE INDEX scim_requests_refusals ON scim_requests (id) WHERE status >= 400;
-- Sign-ins by result, which are counted by the hour; those of one person; those that failed alike.
CREATE INDEX traces_outcome ON traces (outcome, id);
CREATE INDEX traces_email ON traces (email, id) WHERE email IS NOT NULL;
CREATE INDEX traces_cause ON traces (connection_id, cause, id) WHERE cause IS NOT NULL;
-- The audit log by who did what.
CREATE INDEX events_actor ON events (actor, id);
CREATE INDEX events_kind ON events (kind, id);
-- What a search looks for. What a provider calls itself is written down by the code, for what is there already, too.
CREATE INDEX organizations_name_key ON organizations (name_key);
CREATE INDEX domains_name ON domains (name);
CREATE INDEX provider_certificates_fingerprint ON provider_certificates (fingerprint);
ALTER TABLE connections ADD COLUMN provider_entity_id TEXT;
CREATE INDEX connections_provider_entity_id ON connections (provider_entity_id);
CREATE INDEX connections_sp_entity_id ON connections (sp_entity_id);
-- What needs somebody: metadata that is out of reach or waits for a person, directories by when they last asked.
CREATE INDEX metadata_refreshes_failing ON metadata_refreshes (failing_since) WHERE failing_since IS NOT NULL;
CREATE INDEX metadata_refreshes_held ON metadata_refreshes (proposed_at) WHERE proposed_at IS NOT NULL;
CREATE INDEX scim_tokens_last_used_at ON scim_tokens (last_used_at) WHERE revoked_at IS NULL;
CREATE INDEX access_alerts_newest ON access_alerts (id) WHERE closed_at IS NULL;
