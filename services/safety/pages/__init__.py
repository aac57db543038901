"""Tables of the safety service: the same rows as CSV or as a page. Rendering only."""
