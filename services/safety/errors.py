"""What the safety service refuses, each with a type of its own."""

from collections.abc import Mapping

from shared.http.problems import Problem


class SubjectUnknown(Problem):
    """Absent, elsewhere, or out of the caller's reach: the three are told apart by nothing."""

    status, kind, title = 422, "subject-unknown", "There is no such subject at this site"


class ReportRefused(Problem):
    status, kind, title = 422, "report-refused", "The report holds something malformed"


class NoSafetySection(Problem):
    status, kind, title = 409, "no-safety-section", "This study takes no safety cases"


class UrlRefused(Problem):
    status, kind, title = 422, "url-refused", "Messages cannot go to this URL"


class EndpointKnown(Problem):
    status, kind, title = 409, "endpoint-known", "This URL is registered and active already"


# No function of the safety schema raises a SQLSTATE of its own.
SQLSTATES: Mapping[str, type[Problem]] = {}
