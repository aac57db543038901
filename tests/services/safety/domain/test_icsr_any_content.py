"""Whatever a case tells that the interface takes: its report is valid, and comes back the same."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.safety.content_schemas import ClinicalContent, ClinicalShown
from services.safety.contents import clinical, clinical_of
from services.safety.domain.intake import examine
from services.safety.e2b.generate import generate
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.check import blocking, check
from services.safety.e2b.rules.issues import Context, Profile
from tests.services.safety.domain.icsr_cases import CREATED, REPORT, case_file, drafted
from tests.services.safety.domain.story import shipped
from tests.services.safety.e2b.samples import needs_samples, schemas

Body = dict[str, Any]


def _text(most: int) -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zs"))
    return st.text(letters, min_size=1, max_size=most).filter(
        lambda text: text.isprintable() and "\ufffe" not in text and "\uffff" not in text
    )


def _missing(*reasons: str) -> st.SearchStrategy[Body]:
    return st.sampled_from([{"missing": reason} for reason in reasons])


def _made(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({}, optional=parts)


_DAY = st.sampled_from(["2025", "2026-02", "2026-05-03"]) | _missing("MSK", "ASKU", "NASK")
_CODE = st.just({"code": "90000001", "version": "28.1"})
_NUMBER = st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,6})?", fullmatch=True).filter(str.isascii)
_WHY = ("UNK", "ASKU", "NASK")
_ROUTE = st.sampled_from([("EDQM", "ROA-20045000"), ("ICH", "048"), ("NCIT", "C38288")])
_FORM = st.sampled_from([("EDQM", "PDF-50043000"), ("NCIT", "C42998")])
_PRODUCT = st.just(("NDC", "00123-4567-89"))


def _coded(codes: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[Body]:
    return codes.map(lambda made: {"system": made[0], "code": made[1], "version": "2026-03"})


def _lasting(*units: str) -> st.SearchStrategy[Body]:
    return st.sampled_from([{"number": "7", "unit": unit} for unit in units])


_TIME = _lasting("s", "min", "h", "d", "wk", "mo", "a")
_WAY = {
    "route_code": _coded(_ROUTE), "form_code": _coded(_FORM), "coding": _CODE,
    "form": _text(20) | _missing(*_WHY),
}  # fmt: skip
_PREGNANT = st.sampled_from(
    [{"number": "20", "unit": "wk"}, {"number": "3", "unit": "{trimester}"}]
)
_DETAILS = {
    "cumulative": _lasting("mg", "{DF}"), "gestation": _PREGNANT,
    "parent_route": _text(20) | _missing(*_WHY), "parent_route_code": _coded(_ROUTE),
    "obtained_in": st.just("CZ"), "more": _text(20),
    "authorisation": st.sampled_from(
        [{"number": "EU/1/17/1200/001", "country": "NL"},
         {"number": "1", "country": "CZ", "holder": "Somebody"}]
    ),
}  # fmt: skip
_CONCOMITANT = _made(
    started=_DAY,
    ended=_DAY,
    dose=_text(20),
    route=_text(20) | _missing(*_WHY),
    indication=_text(20) | _missing(*_WHY),
    amount=_lasting("mg", "mg/m2", "{DF}"),
    every=_lasting("h", "d", "mo"),
    lasted=_TIME,
    product_code=_coded(_PRODUCT),
    **_WAY,
    **_DETAILS,
).filter(lambda made: "every" not in made or "amount" in made)
_HOW = _made(
    route=_text(20) | _missing(*_WHY),
    batches=st.lists(_text(10), max_size=3),
    indication=_text(20) | _missing(*_WHY),
    circumstances=st.lists(st.sampled_from(["OVERDOSE", "MISUSE"]), max_size=2, unique=True),
    **_WAY,
    **_DETAILS,
)
_PAST = st.builds(
    lambda name, made: {"name": name} | made,
    _text(20) | _missing("UNK", "NA"),
    _made(
        started=_DAY, ended=_DAY, product_code=_coded(_PRODUCT), indication=_CODE, reaction=_CODE
    ),
)
_DISEASE = _made(
    coding=_CODE,
    started=_DAY,
    ended=_DAY,
    continuing=st.booleans() | _missing("MSK", *_WHY),
    family=st.booleans(),
    comment=_text(20),
)
_TEST = _made(
    coding=_CODE,
    on=st.sampled_from(["2025", "2026-02", "2026-05-03"]),
    value=_NUMBER,
    qualifier=st.sampled_from(["<", "<=", ">", ">="]),
    unit=st.sampled_from(["umol/L", "10*9/L", "%"]),
    result=st.sampled_from(["POSITIVE", "NEGATIVE", "BORDERLINE", "INCONCLUSIVE"]),
    result_words=_text(20),
    low=_NUMBER,
    high=_NUMBER,
    comment=_text(20),
    more_information=st.booleans(),
)
_OTHER = _made(source=_text(10), identifier=_text(10)).filter(lambda made: len(made) == 2)


def _named(name: str, part: st.SearchStrategy[Body]) -> st.SearchStrategy[list[Body]]:
    found = st.builds(lambda words, made: {name: words} | made, _text(20), part)
    return st.lists(found, max_size=3)


_PARENT = _made(
    last_period_on=_DAY,
    weight_kg=st.just("61.5"),
    height_cm=st.just("170"),
    history=_named(
        "term",
        _made(coding=_CODE, started=_DAY, ended=_DAY, continuing=st.booleans(), comment=_text(20)),
    ),
    other_history=_text(20),
    past_drugs=_named("name", _made(started=_DAY, ended=_DAY, indication=_CODE, reaction=_CODE)),
)
CONTENT = _made(
    concomitants=_named("name", _CONCOMITANT),
    administrations=_HOW.map(lambda made: [{"product": "INO"} | made]),
    recurrences=st.sampled_from(["RECURRED", "NOT_RECURRED", "UNK", "NOT_READMINISTERED"]).map(
        lambda outcome: [{"product": "INO", "outcome": outcome}]
    ),
    documents=st.lists(_text(20), max_size=3),
    other_identifiers=st.lists(_OTHER, max_size=3),
    history=_named("term", _DISEASE),
    other_history=_text(20) | _missing(*_WHY),
    weight_kg=st.from_regex(r"[1-9][0-9]{0,2}(\.[0-9]{1,2})?", fullmatch=True).filter(str.isascii),
    height_cm=st.from_regex(r"[1-9][0-9]{0,2}(\.[0-9])?", fullmatch=True).filter(str.isascii),
    tests=_named("name", _TEST),
    latencies=_made(after_start=_TIME, after_last_dose=_TIME).map(
        lambda made: [{"product": "INO"} | made]
    ),
    past_drugs=st.lists(_PAST, max_size=3),
    other_therapies=st.just(True),
    death=_made(
        on=_DAY,
        autopsy=st.booleans() | _missing(*_WHY),
        causes=_named("words", _made(coding=_CODE)),
        autopsy_causes=_named("words", _made(coding=_CODE)),
    ),
    last_period_on=st.sampled_from(["2025", "2026-02", "2026-05-03"]) | _missing("MSK"),
    offspring=_made(
        sex=st.sampled_from(["male", "female"]) | _missing("MSK", *_WHY),
        age=_lasting("h", "d", "wk", "mo", "a"),
        gestation=_PREGNANT,
    ),
    parent=_PARENT,
    comments=_made(
        reporter=_text(20),
        sender=_text(20),
        diagnoses=st.lists(_CODE, max_size=2),
        summaries=_text(20).map(lambda text: [{"language": "cze", "text": text}]),
    ),
).filter(lambda made: "parent" not in made or "offspring" in made)


@needs_samples
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(CONTENT, st.sampled_from(["fda", "eudravigilance"]))
def test_the_report_of_any_content_is_valid_and_comes_back_the_same(
    content: Body, receiver: str
) -> None:
    body = ClinicalContent.model_validate(content)
    told = body.model_dump(mode="json")
    report = replace(REPORT, **clinical_of(told))
    shown = ClinicalShown.model_validate(clinical(report)).model_dump(mode="json")
    assert shown == told, "what is shown of it is what was sent"
    if examine(shipped(), report, CREATED):
        return  # refused at the door
    batch = drafted(case_file(report), receiver)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch
    profile = Profile.FDA_IND if receiver == "fda" else Profile.EU_CTR
    bare = drafted(case_file(), receiver)
    found, always = (
        {issue.element for issue in blocking(check(each, profile, Context(now=CREATED)))}
        for each in (batch, bare)
    )
    # A test may lack what makes it one; nothing else that was taken is refused later.
    assert {each for each in found - always if not each.startswith("F.r.")} == set()
