"""A model of orders in options, made of past ones and judged as every model is."""
