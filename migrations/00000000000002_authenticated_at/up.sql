ALTER TABLE sessions ADD COLUMN authenticated_at TIMESTAMP;
