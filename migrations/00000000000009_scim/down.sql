DROP TABLE scim_requests;
DROP TABLE group_members;
DROP TABLE groups;
DROP TABLE directory_emails;
DROP TABLE directory_users;
DROP TABLE scim_tokens;
DROP TABLE directories;
