"""Templates of narratives as data, one file a version."""
