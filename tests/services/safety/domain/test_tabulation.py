"""Counts of serious events for a DSUR: what counts once, in which column, and when."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.safety.domain.dosing import Given
from services.safety.domain.tabulation import ALL, Counts, Happened, tabulate, treatment_of

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
ARMS = {"INO": frozenset({"INO"}), "ALLR3": frozenset({"DEX", "VCR", "BOTH"})}


def event(subject: str = "S01-001", on: date = FIRST, **changes: object) -> Happened:
    said = {"treatment": "INO", "organ_class": "Imaginary", "term": "Purple liver", "coded": True}
    return Happened(subject=subject, received_on=on, **(said | changes))  # type: ignore[arg-type]


def dose(on: date, product: str) -> Given:
    return Given(product, on, None, None)


def test_two_events_of_one_child_are_two_events_and_one_subject() -> None:
    (everything, organ_class, term) = tabulate([event(), event()], FIRST, LAST, ("INO",))
    assert [everything.term, organ_class.term, term.term] == [ALL, ALL, "Purple liver"]
    assert term.counts == {"INO": Counts(2, 1, 2, 1, {})}
    assert everything.counts == organ_class.counts == term.counts


def test_a_child_with_events_of_two_terms_counts_once_in_the_class() -> None:
    lines = tabulate([event(), event(term="Green liver")], FIRST, LAST, ("INO",))
    assert [(each.term, each.counts["INO"].subjects) for each in lines] == [
        (ALL, 1), (ALL, 1), ("Green liver", 1), ("Purple liver", 1),
    ]  # fmt: skip


def test_both_days_of_the_interval_belong_to_it_and_nothing_after_the_last_counts() -> None:
    day = timedelta(days=1)
    happened = [event(f"S{n}", on) for n, on in enumerate((FIRST - day, FIRST, LAST, LAST + day))]
    term = tabulate(happened, FIRST, LAST, ("INO",))[-1]
    assert (term.counts["INO"].events, term.counts["INO"].interval_events) == (3, 2)


def test_a_susar_of_the_interval_counts_for_each_authority_to_which_it_is_one() -> None:
    happened = [
        event(susar_to=frozenset({"EU", "US"})),
        event(susar_to=frozenset({"EU"})),
        event(on=FIRST - timedelta(days=1), susar_to=frozenset({"UK"})),
    ]
    assert tabulate(happened, FIRST, LAST, ("INO",))[-1].counts["INO"].susars == {"EU": 2, "US": 1}


def test_a_term_as_reported_stands_apart_from_the_same_word_coded() -> None:
    lines = tabulate([event(), event(coded=False)], FIRST, LAST, ("INO",))
    assert [(each.term, each.coded) for each in lines] == [
        (ALL, None), (ALL, None), ("Purple liver", True), ("Purple liver", False),
    ]  # fmt: skip


def test_the_treatment_is_the_arm_of_the_first_dose() -> None:
    later, early = dose(date(2026, 1, 9), "DEX"), dose(date(2026, 1, 2), "INO")
    assert treatment_of([later, early], ARMS, "NONE") == "INO"
    assert treatment_of([], ARMS, "NONE") == "NONE"
    assert treatment_of([dose(FIRST, "ASPIRIN")], ARMS, "NONE") == "NONE"
    shared = ARMS | {"C": frozenset({"BOTH"})}
    assert treatment_of([dose(FIRST, "BOTH")], shared, "NONE") == "NONE"


drawn = st.builds(
    Happened,
    subject=st.sampled_from(["A", "B", "C"]),
    treatment=st.sampled_from(["INO", "ALLR3", "NONE"]),
    organ_class=st.sampled_from(["X", "Y"]),
    term=st.sampled_from(["p", "q"]),
    coded=st.booleans(),
    received_on=st.dates(FIRST - timedelta(days=9), LAST + timedelta(days=9)),
)


@given(st.lists(drawn, max_size=12))
def test_the_treatments_add_up_to_the_pooled_table_and_the_order_of_events_is_nothing(
    happened: list[Happened],
) -> None:
    apart = tabulate(happened, FIRST, LAST, ("INO", "ALLR3", "NONE"))
    assert apart == tabulate(reversed(happened), FIRST, LAST, ("INO", "ALLR3", "NONE"))
    pooled = tabulate(
        [Happened(**(vars(each) | {"treatment": "ALL"})) for each in happened],
        FIRST, LAST, ("ALL",),
    )  # fmt: skip
    for one, other in zip(apart, pooled, strict=True):
        assert (one.organ_class, one.term) == (other.organ_class, other.term)
        for field in ("events", "subjects", "interval_events", "interval_subjects"):
            told = sum(getattr(counts, field) for counts in one.counts.values())
            if "events" in field:
                assert told == getattr(other.counts["ALL"], field)
            else:
                assert told >= getattr(other.counts["ALL"], field)
