DROP TABLE member_links;
DROP TABLE member_sessions;
DROP TABLE members;
