"""One market per folder or file."""
