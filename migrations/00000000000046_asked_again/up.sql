-- When the holder of a setup link that is over asked for another one.

ALTER TABLE setup_links ADD COLUMN asked_again_at TIMESTAMP;
CREATE INDEX setup_links_asked_again_at ON setup_links (asked_again_at) WHERE asked_again_at IS NOT NULL;
