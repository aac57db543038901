"""The way of events: outbox, relay, bus, deliveries."""
