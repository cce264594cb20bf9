-- Organizations are looked for by a part of their name without their rows being read.
DROP INDEX organizations_name_key;
CREATE INDEX organizations_name_key ON organizations (name_key, id);

-- How many connections there are is counted without those of organizations that were deleted, which are few.
CREATE INDEX organizations_deleted_at ON organizations (deleted_at, id) WHERE deleted_at IS NOT NULL;
