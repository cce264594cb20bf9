DROP INDEX scim_requests_asked;
ALTER TABLE scim_requests DROP COLUMN why;
