ALTER TABLE member_links DROP COLUMN purpose;
DROP TABLE member_arrivals;
DROP TABLE member_recovery_codes;
DROP TABLE member_second_steps;
