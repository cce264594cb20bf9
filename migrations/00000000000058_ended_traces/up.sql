-- How a sign-in ended is looked for among those that have: what is underway, which is soon over, is not in these indexes,
-- so that a sign-in changes each of them once and not thrice. It has an index of its own, in the order of lists.
DROP INDEX traces_outcome;
CREATE INDEX traces_outcome ON traces (outcome, id) WHERE finished_at IS NOT NULL;
DROP INDEX traces_connection_outcome;
CREATE INDEX traces_connection_outcome ON traces (connection_id, outcome, id) WHERE finished_at IS NOT NULL;
DROP INDEX traces_open;
CREATE INDEX traces_open ON traces (id) WHERE finished_at IS NULL;
