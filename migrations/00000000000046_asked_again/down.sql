DROP INDEX setup_links_asked_again_at;
ALTER TABLE setup_links DROP COLUMN asked_again_at;
