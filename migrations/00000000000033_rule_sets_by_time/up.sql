-- Sets of rules that are kept no longer are found without looking at all of them.
CREATE INDEX rule_sets_created_at ON rule_sets (created_at);
