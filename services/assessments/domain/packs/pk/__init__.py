"""Doses and serum samples (pack `pk`): checks of timing and plausibility, peak and trough."""
