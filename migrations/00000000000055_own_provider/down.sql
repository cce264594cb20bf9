ALTER TABLE traces DROP COLUMN console_path;
DROP INDEX member_arrivals_session_id;
ALTER TABLE member_arrivals DROP COLUMN session_id;
DROP INDEX member_sessions_session_id;
ALTER TABLE member_sessions DROP COLUMN session_id;
DROP TABLE console_provider;
