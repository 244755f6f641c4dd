"""REST paths of the bot core's clients, over our commands: their words, JSON numbers, their error bodies."""
