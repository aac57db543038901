"""What the assessments service refuses, each with a type of its own."""

from collections.abc import Mapping

from shared.http.problems import Problem


class SiteNotOpen(Problem):
    status, kind, title = 409, "site-not-open", "The site is not open to enrolment"


class SubjectKnown(Problem):
    """Also where the subject is another site's: a subject id is given once in a study."""

    status, kind, title = 409, "subject-known", "This subject was registered on other content"


class RecordExists(Problem):
    status, kind, title = 409, "record-exists", "This form was entered before, with other content"


class NotRandomized(Problem):
    """News of an allocation travels by the bus: shortly after one, it is worth another try."""

    status, kind, title = 409, "not-randomized", "The subject is not known to be randomized"
    retry_after = 1


class AnchorMissing(Problem):
    status, kind, title = 409, "anchor-missing", "Something must be entered before this form"


SQLSTATES: Mapping[str, type[Problem]] = {}
