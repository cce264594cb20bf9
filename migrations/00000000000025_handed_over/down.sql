ALTER TABLE setup_links DROP COLUMN handed_over_to;
