"""The validation pack: what is required, which test proves it, and how that test ended.

Requirements are data (``docs/validation``), proofs are markers of tests
(``@pytest.mark.proves("C02", kind="negative")``), results come from the run of the tests. The gate
reads the first two and runs nothing; the pack joins all three.
"""
