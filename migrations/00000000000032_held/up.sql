-- What is held of a person is marked in the row of what is held: the role's in `access`, as before, and each place's in its
-- own. Who was held was held with all places; everybody's access is computed once more, and what groups give by themselves
-- is held no longer.

ALTER TABLE placements ADD COLUMN held TEXT;
ALTER TABLE placements ADD COLUMN held_until TIMESTAMP;
UPDATE placements SET held = 'breaker', held_until = (
    SELECT access.held_until FROM access
    WHERE access.user_id = placements.user_id AND access.application_id = placements.application_id
)
WHERE EXISTS (
    SELECT 1 FROM access
    WHERE access.user_id = placements.user_id AND access.application_id = placements.application_id AND access.held = 'breaker'
);
CREATE INDEX placements_held ON placements (mapping_id) WHERE held IS NOT NULL;
CREATE INDEX placements_held_in ON placements (application_id, held_until) WHERE held IS NOT NULL;
CREATE INDEX placements_held_until ON placements (held_until) WHERE held_until IS NOT NULL;
UPDATE provisioning SET recompute_at = CURRENT_TIMESTAMP
WHERE organization_id IN (SELECT organization_id FROM access WHERE held IS NOT NULL);
