DROP TABLE metadata_refreshes;
DROP TABLE provider_certificates;
