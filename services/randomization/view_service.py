"""Use cases of the views for the unblinded and the reviewers. Reads of the unblinded are noted."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.randomization import (
    cursors,
    list_repository,
    unblinded_repository,
    view_answers,
    view_repository,
)
from services.randomization.domain import used_chain
from services.randomization.domain.balance import Given, arm_counts
from services.randomization.domain.used_chain import UsedSlot
from services.randomization.list_answers import used_slot
from services.randomization.view_schemas import (
    ArmBalance,
    Attempts,
    Balance,
    BalanceGroup,
    ChainHead,
    Explanation,
)
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import NotFound

Row = Mapping[str, Any]


def read_balance(work: UnitOfWork) -> Balance:
    """Counts by arm. That they were read is noted in the same transaction."""
    unblinded_repository.note_unblinded_read(work, "read_balance", work.study)
    ratio = {arm.code: arm.ratio for arm in work.definition().arms}
    given = view_repository.given(work)
    return Balance(
        study=work.study,
        as_of=work.now,
        ratio=ratio,
        total=_group("*", ratio, given),
        strata=_groups(ratio, given, lambda one: one.stratum),
        sites=_groups(ratio, given, lambda one: one.site),
        chain_heads=_chain_heads(list_repository.used_slots(work)),
    )


def read_explanation(work: UnitOfWork, subject: str) -> Explanation:
    """How an allocation came about. That it was read is noted in the same transaction."""
    row = view_repository.find_explained(work, subject)
    if row is None:
        raise NotFound
    unblinded_repository.note_unblinded_read(work, "read_explanation", subject)
    return Explanation(
        study=row["study_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        allocation_id=str(row["allocation_id"]),
        randomization_number=row["randomization_number"],
        arm=row["arm"],
        source=row["source"],
        randomized_at=row["randomized_at"],
        requested_by=row["requested_by"],
        submitted=row["gate"],
        explanation=row["explanation"],
        opening=row["opening"],
        attempts=[view_answers.attempt(one) for one in view_repository.attempts_of(work, subject)],
        signatures=view_answers.signatures_shown(work, row["allocation_id"]),
    )


def list_attempts(work: UnitOfWork, subject: str | None, page: Page) -> Attempts:
    """Every attempt at an allocation, oldest first."""
    rows = view_repository.attempts(work, subject, cursors.after(page), page.limit + 1)
    places = [cursors.cursor(row["attempted_at"], row["attempt_id"]) for row in rows]
    return Attempts(
        items=[view_answers.attempt(row) for row in page.cut(rows)],
        next=page.next(places, "cursor"),
    )


def _groups(
    ratio: Mapping[str, int], given: Sequence[Given], group_of: Callable[[Given], str]
) -> list[BalanceGroup]:
    grouped: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        grouped[group_of(one)].append(one)
    return [_group(name, ratio, grouped[name]) for name in sorted(grouped)]


def _group(name: str, ratio: Mapping[str, int], given: Sequence[Given]) -> BalanceGroup:
    return BalanceGroup(
        group=name,
        randomized=sum(one.subjects for one in given),
        arms=[
            ArmBalance(
                arm=count.arm,
                randomized=count.subjects,
                in_error=count.in_error,
                imbalance=str(count.imbalance),
            )
            for count in arm_counts(ratio, given)
        ],
    )


def _chain_heads(rows: Sequence[Row]) -> list[ChainHead]:
    """One head a list and stratum. A broken chain hides no other."""
    strata: dict[tuple[str, str], list[UsedSlot]] = defaultdict(list)
    for row in rows:
        strata[row["list_id"], row["label"]].append(used_slot(row))
    return [
        ChainHead(list_id=list_id, stratum=label, used=len(used), head=_head(list_id, used))
        for (list_id, label), used in strata.items()
    ]


def _head(list_id: str, used: Sequence[UsedSlot]) -> str | None:
    try:
        (head,) = used_chain.heads(list_id, used).values()
    except ValueError:
        return None
    return head
