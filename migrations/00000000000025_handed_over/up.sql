-- To which link a setup link was handed over: revoking the one revokes the other.

ALTER TABLE setup_links ADD COLUMN handed_over_to TEXT;
