DROP INDEX traces_connection_outcome;
DROP INDEX users_last_sign_in;
