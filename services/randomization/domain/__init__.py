"""Pure rules of allocation: no clock, no I/O, no randomness of their own."""
