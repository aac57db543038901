"""Progress of enrolment as a page. It counts by site, country, stratum and month, never by arm."""

from services.randomization.documents import calendar_months, words
from services.randomization.documents.accrual_chart import accrual_chart, legend
from services.randomization.documents.facts import EnrolmentFacts, MonthCount
from services.randomization.documents.markup import Content, Markup, datum, element
from services.randomization.documents.page import (
    Column,
    Frame,
    document,
    identifier,
    key_facts,
    section,
    table,
)

_OWN = "Your sites only, not the whole study. "
_FOOT = "A child counts in the month, by its site's clock, in which it was screened or randomized."
_COUNTS = (Column("Screened", number=True), Column("Randomized", number=True))
_CAP = Column("Cap", number=True)


def enrolment_html(facts: EnrolmentFacts) -> str:
    """The page. Raises ``ValueError`` where a month is not written YYYY-MM."""
    now = calendar_months.name(int(calendar_months.position(facts.as_of)))
    months = calendar_months.without_gaps(facts.months, now)
    whole = facts.planned is not None
    frame = Frame(
        study=facts.study,
        title=facts.title,
        mode=facts.mode,
        name="Enrolment" if whole else "Enrolment at your sites",
        subtitle=f"{'' if whole else _OWN}As of {words.universal_time(facts.as_of)}",
        tab="Enrolment",
    )
    body = (
        _overview(facts, months, now),
        section(
            "Accrual",
            element("figure", accrual_chart(facts, months), element("figcaption", legend(facts))),
        ),
        section("By site", _sites(facts)),
        section("By country", _countries(facts)),
        section("By stratum", _strata(facts)),
        section("By month", _months(months)),
    )
    return document(frame, body, _FOOT if whole else _OWN + _FOOT)


def _overview(facts: EnrolmentFacts, months: tuple[MonthCount, ...], now: str) -> Markup:
    randomized = months[-1].cumulative if months else 0
    screened = sum(count.screened for count in months)
    open_sites = sum(site.state == "open" for site in facts.sites)
    due = calendar_months.target_by_end_of(now, facts)
    facts_shown: list[tuple[str, Content, Content]] = [
        _randomized(randomized, facts.planned),
        ("Screened", screened, _share(randomized, screened)),
        (
            "Sites open" if facts.planned is not None else "Your sites open",
            open_sites,
            f"of {len(facts.sites)}",
        ),
    ]
    if due is not None:
        facts_shown.append((f"Target by end of {now}", due, _against(randomized, due)))
    return key_facts(facts_shown, counts=True)


def _randomized(randomized: int, planned: int | None) -> tuple[str, Content, Content]:
    if planned is None:
        return "Randomized at your sites", randomized, ""
    share = f"{words.percent(randomized, planned)} of plan"
    return "Randomized", f"{randomized} of {planned}", share


def _share(randomized: int, screened: int) -> str:
    return f"{words.percent(randomized, screened)} of them randomized" if screened else ""


def _against(randomized: int, due: int) -> str:
    if randomized == due:
        return "on target"
    return f"{abs(randomized - due)} {'ahead' if randomized > due else 'behind'}"


def _sites(facts: EnrolmentFacts) -> Markup:
    columns = (
        Column("Site"), Column("Name", wide=True), Column("Country"), Column("State"),
        *_COUNTS, _CAP,
    )  # fmt: skip
    rows = [
        (
            identifier(s.site), datum(s.name), s.country, s.state, s.screened, s.randomized,
            _cap(s.randomized, s.cap),
        )
        for s in facts.sites
    ]  # fmt: skip
    total = (
        "All", "", "", "", sum(s.screened for s in facts.sites),
        sum(s.randomized for s in facts.sites), "",
    )  # fmt: skip
    return table("By site", columns, rows, total)


def _countries(facts: EnrolmentFacts) -> Markup:
    columns = (Column("Country"), Column("Sites", number=True), *_COUNTS, _CAP)
    rows = [
        (c.country, c.sites, c.screened, c.randomized, _cap(c.randomized, c.cap))
        for c in facts.countries
    ]
    return table("By country", columns, rows)


def _strata(facts: EnrolmentFacts) -> Markup:
    columns = (Column("Stratum", wide=True), _COUNTS[1], _CAP)
    rows = [(datum(s.label), s.randomized, _cap(s.randomized, s.cap)) for s in facts.strata]
    return table("By stratum", columns, rows)


def _months(months: tuple[MonthCount, ...]) -> Markup:
    columns = (Column("Month"), *_COUNTS, Column("Cumulative", number=True))
    rows = [(m.month, m.screened, m.randomized, m.cumulative) for m in months]
    return table("By month", columns, rows)


def _cap(randomized: int, cap: int | None) -> Content:
    if cap is None:
        return words.DASH
    return element("span", f"{cap} reached", class_="full") if randomized >= cap else cap
