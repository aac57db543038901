"""Stored derivations: re-derivation, as-of, blinding, impact."""
