"""Cases as files: dated facts and case content, read as strictly as a request."""
