DROP INDEX organizations_deleted_at;
DROP INDEX organizations_name_key;
CREATE INDEX organizations_name_key ON organizations (name_key);
