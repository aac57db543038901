"""Persistence as a value and persistence as an endpoint event are the same day."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.events.milestones import milestones
from services.assessments.domain.packs.events.persistence import mrd_persistence as as_event
from shared.rules.loading import load_pack
from tests.services.assessments.domain.packs.disease_cases import induction, results
from tests.support.examples import examples

# Few days, so that samples share one and meet the bounds: end of treatment is 26 February.
days = st.sampled_from([date(2024, 2, 25), date(2024, 2, 26), date(2024, 3, 9), date(2024, 4, 2)])
samples = st.lists(st.tuples(days, st.sampled_from(["0.001", "0.0001", "0.00005"])), max_size=4)


@examples(2)
@given(samples, st.none() | days)
def test_the_derivation_and_the_event_agree_on_the_day_of_persistence(
    rows: list[tuple[date, str]], hsct: date | None
) -> None:
    mrd = [
        {
            "sample_id": f"S{number}",
            "sample_date": day.isoformat(),
            "method": "RQPCR",
            "kind": "QUANT",
            "fraction": fraction,
        }
        for number, (day, fraction) in enumerate(rows)
    ]
    transplants = [{"transplant_date": hsct.isoformat()}] if hsct else []
    child = induction(mrd=mrd, hsct=transplants)
    value = results(child)["mrd_persistence"].value
    event = as_event(child, load_pack("mrd"), milestones(child, load_pack("events")))
    assert (value if isinstance(value, date) else None) == (
        event.when.exact if event.when else None
    )
