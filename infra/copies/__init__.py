"""Copies of a study that whoever holds them can check: certificates, and the archive."""
