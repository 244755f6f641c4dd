"""Recorded markets."""
