"""One client command per file."""
