"""Trades, quotes and order books of the market as they come, kept for everybody who looks."""
