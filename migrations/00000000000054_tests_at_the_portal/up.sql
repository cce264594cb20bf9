-- Whether a test sign-in was begun in the portal: its result leads back there, and to the console otherwise.
ALTER TABLE traces ADD COLUMN at_portal BOOLEAN NOT NULL DEFAULT FALSE;
