ALTER TABLE directories DROP COLUMN removal_days;
ALTER TABLE organizations DROP COLUMN session_seconds;
DROP TABLE failing_connections;
