"""Who may be replaced: a rule of the study, which says how many."""

from services.randomization import aftercare_repository, errors
from services.randomization import allocation_repository as repository
from shared.database.unit_of_work import UnitOfWork


def check(work: UnitOfWork, replaces: str | None) -> None:
    """Only a child randomized in error is replaced, and only once; the study may set a limit.

    The replacement is allocated as any other child. Counted with the study locked. Raises
    ``ReplacementRefused``.
    """
    if replaces is None:
        return
    rule = work.definition().randomization.replacement
    if rule is None or rule.rule == "none":
        raise errors.ReplacementRefused("The study has no rule of replacement.")
    aftercare_repository.lock_study(work)
    replaced = repository.find_allocation(work, replaces)
    if replaced is None or replaced["in_error_at"] is None:
        raise errors.ReplacementRefused("Only a subject randomized in error is replaced.")
    so_far = aftercare_repository.replacements(work, replaces)
    if so_far["replaced"]:
        raise errors.ReplacementRefused("The subject is replaced already.")
    if rule.limit is not None and so_far["used"] >= rule.limit:
        raise errors.ReplacementRefused("The study's limit of replacements is reached.")
