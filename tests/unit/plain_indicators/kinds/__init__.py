"""Each one shows one thing."""
