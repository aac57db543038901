"""Pure parts of the Rave Web Services face: ODM 1.3 in and out, as the client rwslib speaks it."""
