DROP INDEX webhook_deliveries_state;
