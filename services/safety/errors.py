"""What the safety service refuses, each with a type of its own."""

from collections.abc import Mapping

from shared.http.problems import Problem


class SubjectUnknown(Problem):
    """Absent, elsewhere, or out of the caller's reach: the three are told apart by nothing."""

    status, kind, title = 422, "subject-unknown", "There is no such subject at this site"


class ReportRefused(Problem):
    status, kind, title = 422, "report-refused", "The report holds something malformed"


class AttachmentRefused(Problem):
    status, kind, title = 422, "attachment-refused", "The attachment is not what it is said to be"


class NoSafetySection(Problem):
    status, kind, title = 409, "no-safety-section", "This study takes no safety cases"


class CaseLocked(Problem):
    status, kind, title = 409, "case-locked", "The case is locked: unlock it first"


class CaseNullified(Problem):
    status, kind, title = 409, "case-nullified", "The case is nullified and takes no change"


class LockUnchanged(Problem):
    status, kind, title = 409, "lock-unchanged", "The case is so already"


class JudgementRefused(Problem):
    status, kind, title = 422, "judgement-refused", "The judgement does not fit the case"


class NotYoursToJudge(Problem):
    status, kind, title = (
        403,
        "not-yours-to-judge",
        "Another role gives this judgement",
    )


class NullificationRefused(Problem):
    """Invalid and duplicate cases are nullified. A downgrade is followed up, never nullified."""

    status, kind, title = 422, "nullification-refused", "The case is not to be nullified"


class LinkRefused(Problem):
    status, kind, title = 422, "link-refused", "The cases are not to be linked"


class ObligationState(Problem):
    status, kind, title = 409, "obligation-state", "The obligation does not stand so"


class SubmissionRefused(Problem):
    status, kind, title = 422, "submission-refused", "The submission does not fit the case"


class NoReporting(Problem):
    status, kind, title = (
        409,
        "no-reporting",
        "The study definition does not say who reports to whom",
    )


class CountryUnknown(Problem):
    status, kind, title = 409, "country-unknown", "The country of the case's site is not known"


class ReceiverUnknown(Problem):
    status, kind, title = 422, "receiver-unknown", "The study reports to no such receiver"


class SchemasMissing(Problem):
    """Nothing is sent that was not held against the schemas of ICH."""

    status, kind, title = 409, "schemas-missing", "The ICH schemas are not configured here"


class NotSendable(Problem):
    """The draft says the same beforehand."""

    status, kind, title = 409, "not-sendable", "Rules stand against sending this report"


class NoTerminology(Problem):
    """MedDRA is the sponsor's to license: without it cases are taken and wait to be coded."""

    status, kind, title = 409, "no-terminology", "No MedDRA version is loaded here"


class NoDrugDictionary(Problem):
    """WHODrug is the sponsor's to license; a case is taken, judged and sent without it."""

    status, kind, title = 409, "no-drug-dictionary", "No WHODrug version is loaded here"


class DictionaryDamaged(Problem):
    """Configured, and not to be read: the detail says which file, and why; never a term."""

    status, kind, title = 409, "dictionary-damaged", "A dictionary cannot be loaded here"


class CodingRefused(Problem):
    status, kind, title = 422, "coding-refused", "This is not to be coded so"


class NotPrintable(Problem):
    """A form with a hole is no form: the character is to be written otherwise in the case."""

    status, kind, title = 409, "not-printable", "A character of the case cannot be printed"


class Unverified(Problem):
    """Of an unknown sender, wrongly signed, too old or too new: told apart by nothing."""

    status, kind, title = 401, "unverified", "The signature of the message does not hold"


class SentFromElsewhere(Unverified):
    """It holds, and came from none of the sender's networks: which is written down and not told."""


class ContradictsCase(Problem):
    """Nothing of the message was done; it is kept for a person."""

    status, kind, title = 409, "contradicts-case", "The message contradicts the case"


class MessageIdReused(Problem):
    status, kind, title = 409, "message-id-reused", "Another message came under this id"


class MessageSettled(Problem):
    status, kind, title = 409, "message-settled", "A person has settled this message"


class QueryClosed(Problem):
    status, kind, title = 409, "query-closed", "The desk has closed this query"


class MessageState(Problem):
    status, kind, title = 409, "message-state", "Only a parked message is settled"


class SenderState(Problem):
    status, kind, title = 409, "sender-state", "The sender does not stand so"


class UrlRefused(Problem):
    status, kind, title = 422, "url-refused", "Messages cannot go to this URL"


class EndpointKnown(Problem):
    status, kind, title = 409, "endpoint-known", "This URL is proposed or registered already"


class EndpointState(Problem):
    status, kind, title = 409, "endpoint-state", "The endpoint does not stand so"


class SecondPersonNeeded(Problem):
    status, kind, title = 409, "second-person-needed", "Another person must do this"


class TwoSecrets(Problem):
    """Two of a kind sign while one is exchanged; a third would outlive the exchange."""

    status, kind, title = 409, "two-secrets", "Two secrets sign already: retire one first"


class LastSecret(Problem):
    status, kind, title = 409, "last-secret", "Nothing would be left to sign with"


class ReplayRefused(Problem):
    status, kind, title = 422, "replay-refused", "Nothing is replayed so"


# No function of the safety schema raises a SQLSTATE of its own.
SQLSTATES: Mapping[str, type[Problem]] = {}
