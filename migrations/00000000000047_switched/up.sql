-- The issuer of a provider, known before anybody has said which client we are to it: what was given as metadata was its discovery document.

ALTER TABLE openid_clients ADD COLUMN issuer TEXT;
