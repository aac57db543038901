"""Use cases of interim looks. What a look rested on is read from its run, and not told."""

from services.analytics import errors, look_repository, repository
from services.analytics.domain.looks_held import LEAST
from services.analytics.schemas import Look, LookRequest, Looks
from services.analytics.service import FURTHEST_AHEAD
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, InvalidContent, NotFound

PUBLISHED = "published"


def record_look(work: UnitOfWork, body: LookRequest) -> Looks:
    """Record that the committee looked at a published run, and what it decided.

    Raises ``NotFound``, ``NoLookPlanned``, ``LookTooEarly``, ``InvalidContent``.
    """
    run = repository.find_run(work, body.run)
    if run is None or run["state"] != PUBLISHED:
        raise NotFound("There is no such published run.")
    _check_date(work, body, run["cutoff"])
    look_repository.lock_looks(work)
    standing = look_repository.standing_of(work, body.run)
    if not standing:
        raise errors.NoLookPlanned
    before = look_repository.list_looks(work)
    number = 1 + max((row["number"] for row in before), default=0)
    for row in standing:
        last = max(
            (e["information"] for e in before
             if (e["endpoint"], e["contrast"]) == (row["endpoint"], row["contrast"])),
            default=0,
        )  # fmt: skip
        if row["information"] - last < LEAST * row["planned"]:
            raise errors.LookTooEarly
    # Not the reason given: the trail has readers of its own.
    work.because("an interim look is recorded")
    for row in standing:
        look_repository.add_look(
            work, row, number=number, run=body.run, data_cutoff=run["cutoff"],
            held_on=body.held_on, decision=body.decision, reason=body.reason,
            by=work.principal.subject,
        )  # fmt: skip
    return Looks(items=[each for each in list_looks(work).items if each.number == number])


def list_looks(work: UnitOfWork) -> Looks:
    """The looks held, in their order."""
    return Looks(items=[Look(**row) for row in look_repository.list_looks(work)])


def _check_date(work: UnitOfWork, body: LookRequest, cutoff: object) -> None:
    """A look is held once its data are there, and not tomorrow."""
    if body.held_on < cutoff:  # type: ignore[operator]
        fault = FieldError("/held_on", "before-cutoff", "The data of the run end after this day.")
        raise InvalidContent(errors=[fault])
    if body.held_on > (work.now + FURTHEST_AHEAD).date():
        fault = FieldError("/held_on", "in-the-future", "This day has not come anywhere yet.")
        raise InvalidContent(errors=[fault])
