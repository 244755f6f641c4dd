"""From a request to a route and back: limits, origins, queries, problems; plain but for the gate."""
