DROP INDEX traces_open;
CREATE INDEX traces_open ON traces (expires_at) WHERE finished_at IS NULL;
DROP INDEX traces_connection_outcome;
CREATE INDEX traces_connection_outcome ON traces (connection_id, outcome, id);
DROP INDEX traces_outcome;
CREATE INDEX traces_outcome ON traces (outcome, id);
