"""Rule packs: pure functions from the facts of one subject to results that explain themselves."""
