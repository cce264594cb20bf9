-- Settings that are put while the gateway runs, and the logos of its pages. A revision counts the changes of both.

CREATE TABLE configuration (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT,
    changed_at TIMESTAMP NOT NULL,
    changed_by TEXT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE brand_logos (
    theme TEXT NOT NULL PRIMARY KEY,
    media_type TEXT,
    hash TEXT,
    content TEXT,
    changed_at TIMESTAMP NOT NULL,
    changed_by TEXT NOT NULL,
    revision BIGINT NOT NULL
);
