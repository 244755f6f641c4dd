"""Users and who is asking: passwords, tokens, sessions, second factors, API keys, and the vault of their secrets."""
