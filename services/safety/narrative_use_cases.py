"""The narrative: drafted from a template, signed by a person."""

import uuid
from typing import Any

from services.safety import fact_repository, narrative_repository, repository, version_service
from services.safety.case_life import check_open
from services.safety.contents import of_row
from services.safety.domain.facts import known
from services.safety.domain.narrative import Setting, narrate, template
from services.safety.narrative_schemas import Narrative, NarrativeSigning, SignedNarrative
from services.safety.repository import Row
from services.safety.unblinded_repository import note_logged_read
from shared.database.signatures import holds, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.signatures import shown

TABLE = "safety.narrative"


def read_narrative(work: UnitOfWork, number: str) -> Narrative:
    """The draft for the case as it stands, and what was signed."""
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.read_narrative", number)
    return _answer(work, case)


def sign_narrative(
    work: UnitOfWork, number: str, if_match: str, body: NarrativeSigning
) -> Narrative:
    """Sign the narrative of the version that ``if_match`` names."""
    case, rows, facts = version_service.changeable(work, number)
    check_open(facts)
    version_service.check_version(rows, if_match)
    words = body.text or _draft(work, case, rows[-1])
    narrative, form = uuid.uuid4(), template()
    work.because("narrative signed")
    content = _content(len(rows), form.id, form.version, words)
    made = sign(
        work,
        table=TABLE,
        key=str(narrative),
        content=content,
        subject=case["subject_id"],
        site=case["site_id"],
    )
    stored = {
        "narrative": narrative,
        "version": len(rows),
        "template": form.id,
        "template_version": form.version,
        "body": words,
        "signature": made.signature_id,
    }
    narrative_repository.add(work, case, stored)
    return _answer(work, case)


def _answer(work: UnitOfWork, case: Row) -> Narrative:
    newest = repository.versions(work, case["case_id"])[-1]
    rows = narrative_repository.of_case(work, case["case_id"])
    return Narrative(
        template=template().id,
        template_version=template().version,
        draft=_draft(work, case, newest),
        signed=[_signed(work, row) for row in rows],
    )


def _signed(work: UnitOfWork, row: Row) -> SignedNarrative:
    record = signatures_of(work, TABLE, str(row["narrative_id"]))[0]
    content = _content(row["version"], row["template"], row["template_version"], row["body"])
    return SignedNarrative(
        narrative_id=str(row["narrative_id"]),
        version=row["version"],
        template=row["template"],
        template_version=row["template_version"],
        text=row["body"],
        signature=shown(record),
        holds=holds(record, content),
    )


def _draft(work: UnitOfWork, case: Row, newest: Row) -> str:
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    setting = Setting(work.study, case["subject_id"], case["site_id"])
    return narrate(template(), setting, of_row(newest), facts)


def _content(version: int, name: str, template_version: str, words: str) -> dict[str, Any]:
    return {
        "version": version, "template": name, "template_version": template_version, "text": words,
    }  # fmt: skip
