"""What the randomization service refuses, each with a type of its own."""

from collections.abc import Mapping

from shared.http.problems import Problem


class SubjectUnknown(Problem):
    status, kind, title = 422, "subject-unknown", "There is no such subject at this site"


class NotEligible(Problem):
    status, kind, title = 422, "not-eligible", "The gate is not passed"


class AlreadyAllocated(Problem):
    status, kind, title = 409, "already-allocated", "This subject was allocated on other content"


class StudyNotOpen(Problem):
    status, kind, title = 409, "study-not-open", "The study is not open to enrolment"


class SiteNotOpen(Problem):
    status, kind, title = 409, "site-not-open", "The site is not open to enrolment"


class NoActiveList(Problem):
    status, kind, title = 409, "no-active-list", "No randomization list is active"


class StratumExhausted(Problem):
    """Never a fall back to simple randomization: a person extends the list."""

    status, kind, title = 409, "stratum-exhausted", "The stratum has no number left"


class ListRefused(Problem):
    status, kind, title = 422, "list-refused", "The randomization list does not fit the study"


class ListActive(Problem):
    status, kind, title = 409, "list-active", "A randomization list is active already"


class SiteKnown(Problem):
    status, kind, title = 409, "site-known", "The site was opened before, with other content"


# Raised by the functions of the randomization schema.
SQLSTATES: Mapping[str, type[Problem]] = {
    "IR001": StudyNotOpen,
    "IR002": SiteNotOpen,
    "IR003": NoActiveList,
    "IR004": NoActiveList,
    "IR005": StratumExhausted,
}
