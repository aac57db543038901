"""Rules of the safety service: pure, without clock, database or network."""
