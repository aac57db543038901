"""What the analytics service refuses, and how a run can fail."""

from collections.abc import Mapping

from shared.http.problems import Problem


class NotPublished(Problem):
    status, kind, title = 404, "not-published", "Nothing has been published for this study yet"


class NoLookPlanned(Problem):
    status, kind, title = 409, "no-look-planned", "This run knows no plan of interim looks"


class LookTooEarly(Problem):
    status, kind, title = (
        409,
        "look-too-early",
        "A look needs at least a hundredth of the planned information more than the one before",
    )


# The functions of the analytics schema raise nothing of their own.
SQLSTATES: Mapping[str, type[Problem]] = {}


class RunUnknown(LookupError):
    """A message names a run that is not here: a person must look at it."""


class RunBusy(RuntimeError):
    """Another run of the study is at work; the message comes again."""


class BadData(ValueError):
    """What was read contradicts itself. Names the subject and the rule: never shown openly."""
