DROP INDEX placements_held_until;
DROP INDEX placements_held_in;
DROP INDEX placements_held;
UPDATE access SET held = 'breaker', held_until = (
    SELECT MIN(placements.held_until) FROM placements
    WHERE placements.user_id = access.user_id AND placements.application_id = access.application_id AND placements.held IS NOT NULL
)
WHERE held IS NULL AND EXISTS (
    SELECT 1 FROM placements
    WHERE placements.user_id = access.user_id AND placements.application_id = access.application_id AND placements.held IS NOT NULL
);
ALTER TABLE placements DROP COLUMN held_until;
ALTER TABLE placements DROP COLUMN held;
