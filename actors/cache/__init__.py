"""Answers that cost something, kept for a while: in this process, and on a Redis where one is configured."""
