"""One family of existing clients per file."""
