"""Datasets: the values that stand, as ODM or as CSV."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.assessments.domain.kept import Kept
from services.assessments.domain.rave.listing import StudyFacts, clinical_data
from services.assessments.domain.rave.markup import tag
from services.assessments.domain.sight import Sight

# A spreadsheet takes what begins so for a formula (OWASP, CSV injection); a number is none.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Entered:
    """A record's values as they stand, and the definition version of its latest change."""

    subject: str
    site: str
    form: str
    visit: str
    repeat: int
    version: str
    items: tuple[tuple[str, Kept], ...]


def dataset(facts: StudyFacts, records: Iterable[Entered]) -> Iterator[str]:
    """One ClinicalData a record, as Rave's datasets have it: each line stands for itself."""
    for record in records:
        items = [_item(record.form, name, kept) for name, kept in record.items]
        group = tag(
            "ItemGroupData", {"ItemGroupOID": record.form, "ItemGroupRepeatKey": "1"}, *items
        )
        form = tag("FormData", {"FormOID": record.form, "FormRepeatKey": str(record.repeat)}, group)
        event = tag("StudyEventData", {"StudyEventOID": record.visit}, form)
        site = tag("SiteRef", {"LocationOID": record.site})
        subject = tag("SubjectData", {"SubjectKey": record.subject}, site, event)
        yield clinical_data(facts, record.version, subject)


def _item(form: str, name: str, kept: Kept) -> str:
    values = {"ItemOID": f"{form}.{name}"}
    if kept.text is None:
        missing = {"IsNull": "Yes", "induct:NullFlavour": kept.null_flavour}
        return tag("ItemData", values | missing)
    unit = kept.unit or kept.canonical_unit
    inner = [tag("MeasurementUnitRef", {"MeasurementUnitOID": unit})] if unit else []
    return tag("ItemData", values | {"Value": kept.text}, *inner)


def table(form: str, sight: Sight, records: Sequence[Entered]) -> str:
    """One form as CSV (RFC 4180), formulas made harmless."""
    definition = sight.form(form)
    names = [] if definition is None else list(sight.items(definition))
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(["Subject", "Site", "Folder", "RecordPosition", *names])
    for record in records:
        values = dict(record.items)
        told = [values[name].text or "" if name in values else "" for name in names]
        row = [record.subject, record.site, record.visit, str(record.repeat), *told]
        writer.writerow([_harmless(cell) for cell in row])
    return lines.getvalue()


def _harmless(cell: str) -> str:
    formula = cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


def entered(rows: Iterable[tuple[tuple[str, ...], str, Kept]]) -> Iterator[Entered]:
    """Records of value rows that come in their order: key, item, value."""
    for key, group in groupby(rows, key=lambda row: row[0]):
        subject, site, form, visit, repeat, version = key
        items = tuple((item, kept) for _, item, kept in group)
        yield Entered(subject, site, form, visit, int(repeat), version, items)
