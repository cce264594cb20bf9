ALTER TABLE setup_links DROP COLUMN help;
ALTER TABLE setup_links DROP COLUMN drafted;
DROP INDEX users_source;
