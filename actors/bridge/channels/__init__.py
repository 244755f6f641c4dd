"""One WebSocket channel per file."""
