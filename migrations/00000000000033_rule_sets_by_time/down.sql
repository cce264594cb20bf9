DROP INDEX rule_sets_created_at;
