ALTER TABLE traces DROP COLUMN at_portal;
