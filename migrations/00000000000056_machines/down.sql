DROP TABLE machine_tokens;
ALTER TABLE applications DROP COLUMN scopes;
