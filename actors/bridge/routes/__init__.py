"""One REST resource per file."""
