DROP TABLE mapping_drafts;
