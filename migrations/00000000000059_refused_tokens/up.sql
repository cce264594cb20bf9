-- Why the token of a request was refused. The caller is not told which it was.
ALTER TABLE scim_requests ADD COLUMN why TEXT;

-- What directories themselves asked for, by their connection: requests whose token was refused are anybody's.
CREATE INDEX scim_requests_asked ON scim_requests (connection_id, id) WHERE status <> 401;
