-- Hosts behind a proxy that asks us who is there.
ALTER TABLE applications ADD COLUMN protected_hosts TEXT NOT NULL DEFAULT '[]';
