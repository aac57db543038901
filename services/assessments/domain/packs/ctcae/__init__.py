"""CTCAE v4.03: laboratory grades, and the grades that exist for a term."""
