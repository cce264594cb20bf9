-- Which of a person's own roles the directory calls the primary one; null: none of them.
ALTER TABLE directory_users ADD COLUMN primary_role TEXT;
