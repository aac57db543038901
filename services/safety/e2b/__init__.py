"""E2B(R3): the individual case safety report, out and back, its rules and its acknowledgements.

Self-contained: nothing here knows of cases, tables or routes. Modules that touch XML import lxml
and are imported by the first caller that needs them, never on the way of an intake.
"""
