"""Safety on paper: the CIOMS I form. Rendering only; the same data give the same bytes."""
