"""REST paths of the order predictor's clients, over our own screening and market data; `[dialects] magic8 = true`."""
