-- A domain that waits for its DNS record is looked for by itself for some days: when next, and until when.
ALTER TABLE domains ADD COLUMN next_check_at TIMESTAMP;
ALTER TABLE domains ADD COLUMN checks_until TIMESTAMP;
CREATE INDEX domains_next_check_at ON domains (next_check_at) WHERE next_check_at IS NOT NULL;
