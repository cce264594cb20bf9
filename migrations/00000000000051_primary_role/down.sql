ALTER TABLE directory_users DROP COLUMN primary_role;
