DROP INDEX domains_next_check_at;
ALTER TABLE domains DROP COLUMN checks_until;
ALTER TABLE domains DROP COLUMN next_check_at;
