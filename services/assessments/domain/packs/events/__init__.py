"""Endpoint events and censoring (pack `events`): EFS, DoR, OS, HSCT, CAR T cells, failure."""
