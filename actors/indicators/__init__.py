"""Indicators of bars by name and parameters, each distinct one computed once, whoever asks."""
