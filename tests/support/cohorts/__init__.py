"""Real cohorts as studies, and what R makes of them."""
