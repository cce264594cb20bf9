-- How long an application's tokens last, in seconds; none: as long as is set for all.
ALTER TABLE applications ADD COLUMN id_token_ttl INTEGER;
ALTER TABLE applications ADD COLUMN access_token_ttl INTEGER;
ALTER TABLE applications ADD COLUMN refresh_token_ttl INTEGER;
