-- Why the token of a request was refused. The caller is not told which it was.
ALTER TABLE scim_requests ADD COLUMN why TEXT;
