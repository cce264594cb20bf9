UPDATE access SET role = kept_role WHERE kept_role IS NOT NULL;
ALTER TABLE access DROP COLUMN kept_role;
