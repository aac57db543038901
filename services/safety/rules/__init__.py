"""Rule sets of authorities as data, one file a version: a new version is a new file."""
