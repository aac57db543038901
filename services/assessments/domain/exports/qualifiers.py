"""Supplemental qualifiers: what is collected beside a row and has no variable in its domain.

Source: SDTM Implementation Guide 3.4, section 8.4.
"""

from collections.abc import Iterator, Mapping

from services.assessments.domain.exports.participant import Filled
from services.assessments.domain.exports.sdtm import SUPP, Child, Sdtm, Values
from services.assessments.domain.exports.sdtm_pack import Qualifier

_OF_SUBJECTS = "DM"
"""Its row is known by the subject alone: it has no sequence number to point at."""


def qualifier_rows(sdtm: Sdtm, domain: str, child: Child) -> Iterator[Values]:
    """The rows of a dataset such as SUPPAE, in the order of the rows that they stand beside."""
    parent = domain.removeprefix(SUPP)
    if parent == _OF_SUBJECTS:
        yield from _of_subject(sdtm, child)
        return
    own = [each for each in sdtm.qualifiers if each.domain == parent]
    for record, row in sdtm.traced(parent, child):
        for qualifier in own:
            told = None if record is None else _told(sdtm, qualifier, record, row)
            if told is not None:
                place: Values = {"IDVAR": f"{parent}SEQ", "IDVARVAL": str(row[f"{parent}SEQ"])}
                yield _row(sdtm, child, qualifier, told) | place


def _of_subject(sdtm: Sdtm, child: Child) -> Iterator[Values]:
    """One row a qualifier: of a form that was filled in again the last stands."""
    records = sorted(child.records, key=lambda each: (each.date or "", each.history.record_id))
    for qualifier in sdtm.qualifiers:
        if qualifier.domain == _OF_SUBJECTS:
            told = [each for each in (_told(sdtm, qualifier, r, {}) for r in records) if each]
            if told:
                yield _row(sdtm, child, qualifier, told[-1])


def _row(sdtm: Sdtm, child: Child, qualifier: Qualifier, told: str) -> Values:
    return {
        "STUDYID": sdtm.definition.id,
        "RDOMAIN": qualifier.domain,
        "USUBJID": sdtm.usubjid(child.participant),
        "QNAM": qualifier.qnam,
        "QLABEL": qualifier.qlabel,
        "QVAL": told,
        "QORIG": "CRF",
    }


def _told(
    sdtm: Sdtm, qualifier: Qualifier, record: Filled, row: Mapping[str, object]
) -> str | None:
    if record.history.form != qualifier.form:
        return None
    if qualifier.testcd not in {None, row.get(f"{qualifier.domain}TESTCD")}:
        return None
    kept = record.items.get(qualifier.item)
    if kept is None or kept.read is None:
        return None
    item = sdtm.definition.form(qualifier.form).item(qualifier.item)
    return sdtm.told(item, kept, qualifier.codes)
