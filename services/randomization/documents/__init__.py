"""What randomization shows on a page: confirmation, enrolment, specification.

Rendering only, from the frozen facts in ``facts``: no database, no clock, no web framework. The
same facts give the same bytes.
"""
