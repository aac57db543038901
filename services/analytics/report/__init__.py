"""The report of a night, open and closed: made of rows and figures, and computing nothing."""
