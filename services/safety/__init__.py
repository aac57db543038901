"""Safety: intake of serious adverse events, due dates, and word to the safety desk."""
