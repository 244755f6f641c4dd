"""The traders of a node: strategies, gate, observer, recovery."""
