ALTER TABLE openid_clients DROP COLUMN issuer;
