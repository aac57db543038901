"""Listings as tables, for CSV and pages."""

from zoneinfo import ZoneInfo

from services.safety.pages.tables import Table
from services.safety.report_schemas import ByRules, DueList, LineListing


def rules_words(found: ByRules) -> str:
    """Whether the rules that an answer rests on have been verified."""
    if found.unverified_rules == 0:
        return "Each rule in force was held against its text by a qualified person."
    return (
        f"{found.unverified_rules} rules in force have not been verified against their texts by a"
        " qualified person."
    )


def due_table(found: DueList) -> Table:
    """What is due, most urgent first; what has less than a day left stands out."""
    unverified = any(not each.verified for each in found.items)
    return Table(
        title="Due list",
        lead=f"{len(found.items)} to be met, most urgent first."
        + (f" {found.left_out} more that are less urgent are not shown." * (found.left_out > 0))
        + (
            f" {found.computed_otherwise} cases were computed by other rules than those in force:"
            " apply them, this list may lack what is owed." * (found.computed_otherwise > 0)
        )
        + (" Rules shown as unverified were not held against their text yet." * unverified),
        columns=(
            "Hours left", "Due", "Zone", "Case", "Site", "Subject", "Event", "Report",
            "Recipient", "Day 0", "State", "Provisional", "Verified", "Last step", "Warning",
        ),
        rows=tuple(
            (
                each.hours_left, each.due_at.astimezone(ZoneInfo(each.zone)).isoformat(),
                each.zone, each.case_number, each.site, each.subject, each.event_term, each.label,
                each.recipient, each.day_zero.isoformat(), each.state, each.provisional,
                each.verified,
                each.last_step, each.warning,
            )
            for each in found.items
        ),
        stacks=(
            ("Due", "Zone"), ("Case", "Event"), ("Site", "Subject"), ("Report", "Recipient"),
            ("State", "Last step"), ("Provisional", "Verified"),
        ),
        urgent=frozenset(n for n, each in enumerate(found.items) if each.hours_left < 24),
    )  # fmt: skip


def line_table(found: LineListing) -> Table:
    """Every case in a line."""
    authorities = sorted({name for each in found.items for name in each.rulings})
    return Table(
        title="Line listing",
        lead=f"{len(found.items)} cases as they stand. {rules_words(found)}",
        columns=(
            "Case", "Site", "Subject", "Version", "Events", "Grades", "Seriousness", "Onset",
            "Received", "Outcome", "Products", "Special interest", *authorities, "Nullified",
            "First due",
        ),
        rows=tuple(
            (
                each.case_number, each.site, each.subject, each.version, "; ".join(each.events),
                "; ".join("" if grade is None else str(grade) for grade in each.grades),
                "; ".join(each.seriousness),
                None if each.onset_on is None else each.onset_on.isoformat(),
                each.received_on.isoformat(), each.outcome,
                "withheld" if each.products is None else "; ".join(each.products),
                "withheld" if each.products is None else each.special_interest,
                *(each.rulings.get(name) for name in authorities), each.nullified,
                None if each.first_due_at is None else each.first_due_at.isoformat(),
            )
            for each in found.items
        ),
        stacks=(
            ("Case", "Version"), ("Site", "Subject"), ("Events", "Grades"), ("Onset", "Received"),
            ("Products", "Special interest"), ("First due", "Nullified"),
        ),
    )  # fmt: skip
