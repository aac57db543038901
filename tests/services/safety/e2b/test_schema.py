"""Nothing is sent that the real schemas have not judged."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.safety.e2b import schema
from services.safety.e2b.generate import generate
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.schema import (
    FOLDER_VARIABLE,
    SchemaSet,
    SchemasMissingError,
    schema_set,
)
from services.safety.e2b.validation import (
    GateClosedError,
    NotSendableError,
    seal,
    validate,
)
from services.safety.e2b.wire import NotReadableError
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.mutations import with_value
from tests.services.safety.e2b.samples import FOLDER, needs_samples, schemas


def test_without_a_configured_folder_nothing_is_validated() -> None:
    with pytest.raises(SchemasMissingError, match=FOLDER_VARIABLE):
        schema_set({})


def test_a_folder_without_the_schemas_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(SchemasMissingError, match="lacks"):
        schema_set({FOLDER_VARIABLE: str(tmp_path)})


def test_a_broken_schema_is_no_schema(tmp_path: Path) -> None:
    folder = tmp_path / "multicacheschemas"
    folder.mkdir()
    for name in ("MCCI_IN200100UV01", "MCCI_IN200101UV01"):
        (folder / f"{name}.xsd").write_text("<broken")
    with pytest.raises(SchemasMissingError, match="no usable schema"):
        seal(reports.batch(), Profile.FDA_IND, reports.context(), SchemaSet(tmp_path))


@needs_samples
def test_the_configured_folder_is_used_and_told_by_its_fingerprint(tmp_path: Path) -> None:
    found = schema_set({FOLDER_VARIABLE: str(FOLDER / "schema")})
    assert found.issues_of(generate(reports.batch())) == []
    other = tmp_path / "schema"
    shutil.copytree(FOLDER / "schema", other)
    assert SchemaSet(other).version == found.version
    (other / "coreschemas" / "voc.xsd").chmod(0o644)
    with (other / "coreschemas" / "voc.xsd").open("a") as file:
        file.write("<!-- another set -->")
    assert SchemaSet(other).version != found.version


@needs_samples
def test_a_schema_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_ = schema._compile
    monkeypatch.setattr(schema, "_compile", lambda file: compiled.append(file) or compile_(file))
    own = SchemaSet(FOLDER / "schema")
    assert compiled == []
    for _ in range(3):
        own.issues_of(generate(reports.batch()))
    assert [file.name for file in compiled] == ["MCCI_IN200100UV01.xsd"]


@needs_samples
def test_documents_judged_at_once_do_not_mix_their_issues() -> None:
    good = generate(reports.batch())
    bad = good.replace(b'<acceptAckCode code="AL"/>', b"")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(schemas().issues_of, [good, bad] * 40))
    assert [len(issues) for issues in found] == [0, 1] * 40


@needs_samples
def test_the_location_that_a_file_names_for_its_schema_is_ignored() -> None:
    raw = generate(reports.batch()).replace(
        b"ITSVersion=",
        b'xsi:schemaLocation="urn:hl7-org:v3 http://127.0.0.1:9/evil.xsd" ITSVersion=',
    )
    assert schemas().issues_of(raw) == []


@needs_samples
def test_a_root_that_has_no_schema_is_refused() -> None:
    with pytest.raises(NotReadableError):
        schemas().issues_of(b'<PORR_IN049016UV xmlns="urn:hl7-org:v3"/>')


@needs_samples
@pytest.mark.parametrize("profile", list(Profile))
def test_a_whole_batch_is_sealed_with_what_judged_it(profile: Profile) -> None:
    sealed = seal(reports.batch(profile), profile, reports.context(susar=True), schemas())
    assert sealed.raw == generate(reports.batch(profile))
    assert sealed.validation.issues == ()
    assert sealed.validation.schema_set == schemas().version
    assert sealed.validation.rule_set == "1.3.0"


@needs_samples
def test_a_reject_keeps_a_batch_from_being_sealed_and_a_warning_does_not() -> None:
    context = reports.context()
    bad = with_value(reports.batch(), "h_1", None)
    with pytest.raises(NotSendableError) as caught:
        seal(bad, Profile.FDA_IND, context, schemas())
    assert [issue.id for issue in caught.value.validation.issues] == ["ICH.H.1.REQUIRED"]
    warned = with_value(reports.batch(Profile.EU_CTR), "n_1_4", "EVHUMAN")
    sealed = seal(warned, Profile.EU_CTR, reports.context(susar=True), schemas())
    assert [issue.id for issue in sealed.validation.issues] == ["EU.N.1.4.CODE"]


@needs_samples
def test_for_the_eu_a_closed_gate_keeps_a_batch_from_being_sealed() -> None:
    whole = reports.batch(Profile.EU_CTR)
    with pytest.raises(GateClosedError) as caught:
        seal(whole, Profile.EU_CTR, reports.context(), schemas())
    assert [check.id for check in caught.value.missed] == ["EU.E.i.GATE"]
    bad = with_value(whole, "g_k_2_3_r_2b", None)
    with pytest.raises(GateClosedError, match=r"EU\.G\.k\.2\.3\.r\.GATE"):
        seal(bad, Profile.EU_CTR, reports.context(susar=True), schemas())


@needs_samples
def test_a_draft_that_may_not_be_sent_can_still_be_written_and_judged() -> None:
    draft = with_value(reports.batch(), "c_1_3", None)
    found = validate(generate(draft), Profile.ICH, reports.context(), schemas())
    assert not found.may_be_sent
