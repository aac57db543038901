"""What in the records of a subject says that it has been withdrawn."""

from shared.study.base import FormRef, Sourced
from shared.study.criteria import Predicate


class WithdrawalRecord(Sourced):
    """A record of `form` withdraws its subject unless `where` is FALSE of it; without `where` every
    record does. A condition that a missing value leaves open therefore withdraws."""

    form: FormRef
    where: Predicate | None = None
