-- A trace's ID begins with its time, and has an index already.
DROP INDEX traces_started_at;
