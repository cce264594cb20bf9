DROP TABLE openid_clients;
ALTER TABLE connections DROP COLUMN openid_provider;
