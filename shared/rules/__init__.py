"""Rule packs as data: thresholds, windows and tables with their sources, read and hashed."""
