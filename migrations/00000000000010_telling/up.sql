-- Every event has a place in one stream and a number in its organization's, given after its commit.

ALTER TABLE events ADD COLUMN position BIGINT;
ALTER TABLE events ADD COLUMN sequence BIGINT;

CREATE TABLE event_counters (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

UPDATE events SET position = numbered.position, sequence = numbered.sequence
FROM (
    SELECT
        id,
        row_number() OVER (ORDER BY id) AS position,
        row_number() OVER (PARTITION BY organization_id ORDER BY id) AS sequence
    FROM events
) AS numbered
WHERE events.id = numbered.id;
INSERT INTO event_counters (name, last) SELECT 'all', count(*) FROM events;
INSERT INTO event_counters (name, last)
SELECT coalesce(organization_id, 'system'), count(*) FROM events GROUP BY organization_id;

CREATE UNIQUE INDEX events_position ON events (position) WHERE position IS NOT NULL;
CREATE INDEX events_organization_position ON events (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX events_unnumbered ON events (id) WHERE position IS NULL;
