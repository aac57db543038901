"""A whole deployment under seeded faults, and a checker that believes nobody."""
