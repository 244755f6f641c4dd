"""How messages reach connections: streams, lanes, fan-out, and those who are behind."""
