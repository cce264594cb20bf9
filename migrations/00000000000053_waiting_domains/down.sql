DROP INDEX domains_waiting;
