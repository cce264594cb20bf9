DROP INDEX events_unnumbered;
DROP INDEX events_organization_position;
DROP INDEX events_position;
DROP TABLE event_counters;
ALTER TABLE events DROP COLUMN sequence;
ALTER TABLE events DROP COLUMN position;
