DROP TABLE member_ceremonies;
DROP TABLE member_passkeys;
