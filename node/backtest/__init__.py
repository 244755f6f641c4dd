"""Backtests: the same actors and strategies over recorded bars, and what is told of them."""
