"""The store of analyses: `analytics.db`, a file and a thread of its own."""
