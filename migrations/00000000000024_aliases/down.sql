ALTER TABLE connections DROP COLUMN acs_url;
ALTER TABLE connections DROP COLUMN sp_entity_id;
DROP TABLE aliases;
