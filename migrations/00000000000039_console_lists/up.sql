-- Lists of the console know of each row what is counted in an index: when somebody of an organization last signed in, and how
-- sign-ins at a connection went, day by day.
CREATE INDEX users_last_sign_in ON users (organization_id, last_sign_in_at);
CREATE INDEX traces_connection_outcome ON traces (connection_id, outcome, id);
