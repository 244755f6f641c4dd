"""Scores that other programs write into files."""
