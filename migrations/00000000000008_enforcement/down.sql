DROP TABLE break_glass_codes;
DROP TABLE exempt_owners;
ALTER TABLE grants DROP COLUMN method;
ALTER TABLE sessions DROP COLUMN method;
ALTER TABLE organizations DROP COLUMN codes_left;
ALTER TABLE organizations DROP COLUMN enforcement;
