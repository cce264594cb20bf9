ALTER TABLE api_keys DROP COLUMN rolled_at;
