ALTER TABLE traces DROP COLUMN sent_at;
