"""Pure rules of data collection: what is taken, what it means, and who may see it."""
