"""The Rave Web Services face: another door to the same core, for EDC systems that speak ODM 1.3."""
