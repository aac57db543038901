"""Documents made from a definition: the annotated forms and the data dictionary."""
