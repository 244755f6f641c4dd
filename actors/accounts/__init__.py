"""Accounts of traders: orders, positions, balances and risk in plain exact values."""
