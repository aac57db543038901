"""Trial data: subjects, and their forms as append-only versions readable as of any instant."""
