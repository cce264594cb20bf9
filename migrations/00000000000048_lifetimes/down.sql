ALTER TABLE applications DROP COLUMN refresh_token_ttl;
ALTER TABLE applications DROP COLUMN access_token_ttl;
ALTER TABLE applications DROP COLUMN id_token_ttl;
