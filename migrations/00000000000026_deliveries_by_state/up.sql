-- Deliveries to one endpoint that are as far as somebody asks for: what failed is found among many that did not.
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (endpoint_id, state, id);
