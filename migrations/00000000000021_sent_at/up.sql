-- When a person was sent to the identity provider, for the timeline of a sign-in.
ALTER TABLE traces ADD COLUMN sent_at TIMESTAMP;
UPDATE traces SET sent_at = started_at WHERE saml_request_id IS NOT NULL;
