ALTER TABLE applications DROP COLUMN protected_hosts;
