DROP TABLE logout_notices;
DROP TABLE logouts;
ALTER TABLE applications DROP COLUMN frontchannel_logout_session_required;
ALTER TABLE applications DROP COLUMN frontchannel_logout_uri;
ALTER TABLE applications DROP COLUMN backchannel_logout_session_required;
ALTER TABLE applications DROP COLUMN backchannel_logout_uri;
DROP INDEX sessions_connection_name;
ALTER TABLE sessions DROP COLUMN name;
