ALTER TABLE scim_requests DROP COLUMN why;
