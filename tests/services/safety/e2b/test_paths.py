"""The notation of the path tables is read exactly, or refused."""

import pytest

from services.safety.e2b.paths import Coded, Path, PathError, Step, parse, systems

_MEDDRA = "2.16.840.1.113883.6.163"
_OBSERVATION = "2.16.840.1.113883.3.989.2.1.1.19"


def test_each_part_of_a_step_is_read() -> None:
    assert parse("subjectOf2/observation{29}/value<CE>^meddra@code") == Path(
        (
            Step("subjectOf2"),
            Step("observation", coded=Coded("29", _OBSERVATION)),
            Step("value", xsi_type="CE", system=_MEDDRA),
        ),
        attribute="code",
    )
    assert parse("telecom%tel@value").steps == (Step("telecom", prefix="tel:"),)
    assert parse("name/given#2").steps[1] == Step("given", index=2)
    assert parse("value<PQ>(unit=kg)@value").steps[0].fixed == ("unit", "kg")
    assert parse("relatedInvestigation{!NA}").steps[0].coded == Coded(None, None, "NA")
    assert parse("effectiveTime~width@unit") == Path((Step("effectiveTime"),), "unit", "width")


def test_what_must_be_there_too_is_read_inside_out() -> None:
    (step,) = parse("component1*[observationEvent{10}[author/assignedEntity{3@21}]]").steps
    assert step.repeats
    ((needed,),) = step.needs
    assert needed.coded == Coded("10", _OBSERVATION)
    assert [one.name for one in needed.needs[0]] == ["author", "assignedEntity"]


@pytest.mark.parametrize("text", ["", "/a", "a//b", "a[b", "a]b", "a b"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(PathError):
        parse(text)


def test_an_unknown_alias_of_a_code_system_is_refused() -> None:
    with pytest.raises(KeyError):
        parse("code^nosuch@code")


def test_no_two_aliases_name_one_system() -> None:
    assert len(set(systems().values())) == len(systems())
