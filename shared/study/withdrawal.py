"""What in the records of a subject says that it has been withdrawn."""

from shared.study.base import FormRef, Sourced
from shared.study.criteria import Predicate


class WithdrawalRecord(Sourced):
    """A record of `form` withdraws its subject unless `where` is FALSE of it; without `where` every
    record does. A condition that a missing value leaves open therefore withdraws."""

    form: FormRef
    where: Predicate | None = None


class CollectionEnd(WithdrawalRecord):
    """A withdrawal that ends collection: what is observed after the day of its record is not taken,
    `except_forms` aside. What was observed by then stays, and may be entered and corrected."""

    except_forms: tuple[FormRef, ...] = ()
