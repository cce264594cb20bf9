DROP TABLE failing_connections;
