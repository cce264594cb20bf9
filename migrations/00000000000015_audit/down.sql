DROP TABLE audit_chain;
ALTER TABLE events DROP COLUMN hash;
ALTER TABLE events DROP COLUMN change;
ALTER TABLE events DROP COLUMN origin;
