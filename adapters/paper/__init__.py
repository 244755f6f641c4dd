"""The paper venue: orders of many accounts filled against real market data, money is not real."""
