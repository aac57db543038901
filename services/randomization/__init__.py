"""Central allocation (IWRS): lists, strata, and the call that gives a child an arm."""
