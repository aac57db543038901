"""ICSRACK: what a receiver answers, matched to what was sent, merged into a state."""
