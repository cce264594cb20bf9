-- People who came by a rare way are found without looking at everybody. What is drafted by a setup link is written down, so
-- that whoever it is handed over to may choose another protocol; and so is what its holder cannot find, in their own words.

CREATE INDEX users_source ON users (source, id);
ALTER TABLE setup_links ADD COLUMN drafted TEXT;
ALTER TABLE setup_links ADD COLUMN help TEXT;
UPDATE setup_links SET drafted = connection_id
WHERE connection_id IN (SELECT id FROM connections WHERE connections.created_at >= setup_links.created_at);
