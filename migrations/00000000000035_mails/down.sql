DROP TABLE connection_contacts;
DROP TABLE setup_link_codes;
ALTER TABLE setup_links DROP COLUMN is_guarded;
ALTER TABLE setup_links DROP COLUMN email;
DROP TABLE mails;
