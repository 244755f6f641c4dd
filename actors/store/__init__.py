"""The durable record of a node: an embedded SQLite file that one thread writes."""
