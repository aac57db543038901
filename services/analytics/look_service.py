"""Use cases of interim looks. What a look rested on is read from its run, and not told."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.analytics import errors, look_repository, repository
from services.analytics.domain.looks_held import LEAST
from services.analytics.schemas import Look, LookRequest, Looks
from services.analytics.service import FURTHEST_AHEAD
from services.analytics.unblinded_repository import note_read
from shared.database.signatures import holds, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, InvalidContent, NotFound
from shared.http.signatures import shown

PUBLISHED = "published"
TABLE = "analytics.look"
_COMPARED = ("endpoint", "contrast", "information", "information_unit", "planned", "z")


def record_look(work: UnitOfWork, body: LookRequest) -> Looks:
    """Record that the committee looked at a published run, and what it decided: the signature that
    came along is spent on all comparisons of the look together.

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
    salt = str(uuid.uuid4())
    for row in standing:
        look_repository.add_look(
            work, row, number=number, run=body.run, data_cutoff=run["cutoff"],
            held_on=body.held_on, decision=body.decision, reason=body.reason,
            by=work.principal.subject, salt=salt,
        )  # fmt: skip
    kept = [row for row in look_repository.list_looks(work) if row["number"] == number]
    sign(work, table=TABLE, key=str(number), content=_content(kept))
    return Looks(items=list(_shown(work, kept)))


def list_looks(work: UnitOfWork) -> Looks:
    """The looks held, in their order. The reading is written down."""
    rows = look_repository.list_looks(work)
    note_read(work, "analytics.list_looks", "looks")
    return Looks(items=list(_shown(work, rows)))


def _shown(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> Iterator[Look]:
    for number, each in groupby(rows, key=itemgetter("number")):
        look = list(each)
        record = next(iter(signatures_of(work, TABLE, str(number))), None)
        for row in look:
            yield Look(
                **{name: value for name, value in row.items() if name != "salt"},
                signature=None if record is None else shown(record),
                holds=None if record is None else holds(record, _content(look)),
            )


def _content(look: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is signed of the rows of a look, as it lies in the database."""
    first = look[0]
    return {
        "number": first["number"],
        "run": first["run_id"],
        "data_cutoff": first["data_cutoff"].isoformat(),
        "held_on": first["held_on"].isoformat(),
        "decision": first["decision"],
        "reason": first["reason"],
        "salt": str(first["salt"]),
        "comparisons": [{name: row[name] for name in _COMPARED} for row in look],
    }


def _check_date(work: UnitOfWork, body: LookRequest, cutoff: object) -> None:
    """A look is held once its data are there, and not tomorrow."""
    if body.held_on < cutoff:  # type: ignore[operator]
        fault = FieldError("/held_on", "before-cutoff", "The data of the run end after this day.")
        raise InvalidContent(errors=[fault])
    if body.held_on > (work.now + FURTHEST_AHEAD).date():
        fault = FieldError("/held_on", "in-the-future", "This day has not come anywhere yet.")
        raise InvalidContent(errors=[fault])
