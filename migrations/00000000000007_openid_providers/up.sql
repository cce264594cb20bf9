-- Connections that speak OpenID Connect: what is known of the provider, and what we are to it.

ALTER TABLE connections ADD COLUMN openid_provider TEXT;

CREATE TABLE openid_clients (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    private_key TEXT NOT NULL,
    secret TEXT,
    provider_keys TEXT,
    keys_at TIMESTAMP,
    keys_asked_at TIMESTAMP
);
