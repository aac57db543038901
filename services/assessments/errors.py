"""What the assessments service refuses, each with a type of its own."""

from collections.abc import Mapping

from shared.http.problems import NotFound, PreconditionFailed, Problem


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


class FormFrozen(Problem):
    status, kind, title = 409, "form-frozen", "The form is frozen: the site changes nothing"


class FormLocked(Problem):
    status, kind, title = 409, "form-locked", "The form is locked: nobody changes anything"


class AfterWithdrawal(Problem):
    status, kind, title = 409, "after-withdrawal", "Nothing is collected after the withdrawal"


class FileTaken(Problem):
    status, kind, title = 409, "key-reused", "A file of this id was taken with other content"


class PriorFileUnknown(Problem):
    status, kind, title = 409, "prior-file-unknown", "The file before this one was not taken"


class JobClosed(Problem):
    status, kind, title = 409, "job-closed", "The file is whole already"


class PartMisplaced(Problem):
    status, kind, title = 409, "part-misplaced", "The part does not begin where the last one ended"


class QueryStep(Problem):
    status, kind, title = 409, "query-step", "The query's state does not allow this step"


class FlagStep(Problem):
    status, kind, title = 409, "flag-step", "The record's flags do not allow this step"


class SecondPersonNeeded(Problem):
    status, kind, title = 409, "second-person-needed", "Another person must decide this"


FLAG_STEPS: Mapping[str, type[Problem]] = {
    "form-locked": FormLocked,
    "flag-step": FlagStep,
    "second-person": SecondPersonNeeded,
}
"""Why a step with the flags of a record is refused."""

BY_FAULT: Mapping[str, type[Problem]] = {
    "subject-unknown": NotFound,
    "record-unknown": NotFound,
    "record-exists": RecordExists,
    "not-randomized": NotRandomized,
    "anchor-missing": AnchorMissing,
    "stale-version": PreconditionFailed,
    "form-frozen": FormFrozen,
    "form-locked": FormLocked,
    "after-withdrawal": AfterWithdrawal,
}
"""Faults of a row that are conflicts with what is there, and not with what was sent."""


class ExportOutdated(Problem):
    """The same instant can be exported anew, by the mapping of today."""

    status, kind, title = 410, "export-outdated", "The export was made by another version: ask anew"


SQLSTATES: Mapping[str, type[Problem]] = {}
