-- From where an API key may come; none: from everywhere.
ALTER TABLE api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';
