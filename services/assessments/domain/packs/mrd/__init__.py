"""Minimal residual disease (pack `mrd`): status, reflex, primary endpoint, persistence."""
