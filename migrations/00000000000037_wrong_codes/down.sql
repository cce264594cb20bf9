DROP INDEX traces_email_key;
CREATE INDEX traces_email ON traces (email, id) WHERE email IS NOT NULL;
ALTER TABLE member_arrivals DROP COLUMN came_by;
ALTER TABLE member_second_steps DROP COLUMN alarmed_at;
ALTER TABLE member_second_steps DROP COLUMN closed_until;
ALTER TABLE member_second_steps DROP COLUMN wrong;
ALTER TABLE member_second_steps DROP COLUMN proposed_at;
