-- What is known of providers' certificates, and how reading their metadata again goes.

CREATE TABLE provider_certificates (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    certificate TEXT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    added_at TIMESTAMP NOT NULL,
    state_at TIMESTAMP NOT NULL,
    not_after TIMESTAMP NOT NULL,
    unlisted_at TIMESTAMP,
    is_barred BOOLEAN NOT NULL DEFAULT FALSE,
    told_days INTEGER,
    PRIMARY KEY (connection_id, fingerprint)
);
CREATE INDEX provider_certificates_not_after ON provider_certificates (not_after);

CREATE TABLE metadata_refreshes (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    url TEXT,
    etag TEXT,
    last_modified TEXT,
    cache_seconds BIGINT,
    valid_until TIMESTAMP,
    next_try_at TIMESTAMP NOT NULL,
    tried_at TIMESTAMP,
    fetched_at TIMESTAMP,
    asked_at TIMESTAMP,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TIMESTAMP,
    fault_code TEXT,
    fault TEXT,
    told_at TIMESTAMP,
    proposed TEXT,
    proposed_at TIMESTAMP
);
CREATE INDEX metadata_refreshes_next_try_at ON metadata_refreshes (next_try_at);
