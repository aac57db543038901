"""CDISC ODM 1.3.2, child by child: a snapshot, or with the audit trail every version of it.

Strict by the schema: no vendor's attributes, ReasonForChange before SourceID, AuditRecord before
MeasurementUnitRef, every time with its offset. A value stands as it was received, with its unit;
the unit of the item is in the metadata. A null flavour is ``IsNull`` with a comment that says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from services.assessments.domain.exports.odm_metadata import (
    event_oid,
    group_oid,
    item_oid,
    study,
    unit_oid,
    units_of,
    version_oid,
)
from services.assessments.domain.exports.participant import Participant
from services.assessments.domain.history import History, Version
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.datasets.dataset import About
from shared.datasets.dataset_json import ORIGINATOR
from shared.datasets.xml_text import closed, element, opened, text_element

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"


@dataclass
class OdmSurvey:
    """What must stand before the data: the units, sites and users that they mention."""

    units: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)

    def look_at(self, participant: Participant) -> None:
        self.sites.add(participant.site)
        for history in participant.histories:
            for version in history.versions:
                self.users.add(version.actor)
                kept = (each for each in version.changes.values() if each is not None)
                self.units.update(each.unit for each in kept if each.unit is not None)


class OdmWriter:
    """Writes one file: ``start``, then ``subject`` for each child, then ``end``."""

    def __init__(self, sight: Sight, about: About, survey: OdmSurvey, *, audit: bool) -> None:
        self._sight = sight
        self._about = about
        self._survey = survey
        self._audit = audit
        self._version = version_oid(sight.definition.version)
        self._visits = {visit.id: n for n, visit in enumerate(sight.definition.visits)}

    def start(self) -> bytes:
        about, kind = self._about, "Transactional" if self._audit else "Snapshot"
        head = opened(
            "ODM",
            xmlns=NAMESPACE,
            ODMVersion="1.3.2",
            FileType=kind,
            FileOID=f"{about.study}.{about.variant}.{about.instant}.{kind}",
            CreationDateTime=about.instant,
            AsOfDateTime=about.instant,
            Originator=ORIGINATOR,
            SourceSystem=ORIGINATOR,
            SourceSystemVersion=about.system_version,
        )
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            head,
            *study(self._sight, units_of(self._sight) | self._survey.units),
            self._admin(),
            opened("ClinicalData", StudyOID=about.study, MetaDataVersionOID=self._version),
        ]
        return ("\n".join(parts) + "\n").encode()

    def subject(self, participant: Participant) -> bytes:
        """A child with everything that was recorded of it."""
        known = [
            each
            for each in participant.histories
            if self._sight.form(each.form) is not None and (self._audit or not each.taken_back)
        ]
        known.sort(key=lambda h: (self._visit(h.visit), h.visit, h.form, h.repeat))
        kind = "Insert" if self._audit else None
        parts = [
            opened("SubjectData", SubjectKey=participant.subject, TransactionType=kind),
            element("SiteRef", LocationOID=participant.site),
        ]
        for visit, histories in groupby(known, key=lambda history: history.visit):
            parts.append(opened("StudyEventData", StudyEventOID=event_oid(visit)))
            parts += [self._form(history) for history in histories]
            parts.append(closed("StudyEventData"))
        parts.append(closed("SubjectData"))
        return ("\n".join(parts) + "\n").encode()

    def end(self) -> bytes:
        return (closed("ClinicalData") + closed("ODM") + "\n").encode()

    def _visit(self, visit: str) -> int:
        return self._visits.get(visit, len(self._visits))

    def _admin(self) -> str:
        users = [
            element("User", text_element("LoginName", user), OID=user, UserType="Other")
            for user in sorted(self._survey.users)
            if self._audit
        ]
        effective = element(
            "MetaDataVersionRef",
            StudyOID=self._about.study,
            MetaDataVersionOID=self._version,
            EffectiveDate=self._about.as_of.date().isoformat(),
        )
        sites = [
            element("Location", effective, OID=site, Name=site, LocationType="Site")
            for site in sorted(self._survey.sites)
        ]
        return element("AdminData", *users, *sites)

    def _form(self, history: History) -> str:
        items = list(self._versions(history) if self._audit else self._values(history))
        group = element("ItemGroupData", *items, ItemGroupOID=group_oid(history.form))
        repeat = None
        form = self._sight.form(history.form)
        if form is not None and form.repeating:
            repeat = str(history.repeat)
        return element("FormData", group, FormOID=history.form, FormRepeatKey=repeat)

    def _values(self, history: History) -> Iterator[str]:
        for item, kept in history.items().items():
            if self._exists(history.form, item):
                yield _item_data(history.form, item, kept, None, "")

    def _versions(self, history: History) -> Iterator[str]:
        known: set[str] = set()
        for version in history.versions:
            record = _audit_record(history, version)
            for item, kept in sorted(version.changes.items()):
                if self._exists(history.form, item):
                    kind = "Remove" if kept is None else "Update" if item in known else "Insert"
                    known.add(item)
                    yield _item_data(history.form, item, kept, kind, record)

    def _exists(self, form_id: str, item: str) -> bool:
        form = self._sight.form(form_id)
        return form is not None and item in self._sight.items(form)


def _item_data(form: str, item: str, kept: Kept | None, kind: str | None, audit: str) -> str:
    content = [audit] if audit else []
    null = None
    if kept is not None and kept.null_flavour is not None:
        null = "Yes"
        words = kept.null_flavour + ("" if kept.null_reason is None else f": {kept.null_reason}")
        comment = element("Annotation", text_element("Comment", words), SeqNum="1")
        content.append(comment)
    elif kept is not None and kept.unit is not None:
        content.append(element("MeasurementUnitRef", MeasurementUnitOID=unit_oid(kept.unit)))
    value = None if kept is None else kept.text
    return element(
        "ItemData",
        *content,
        ItemOID=item_oid(form, item),
        TransactionType=kind,
        Value=value,
        IsNull=null,
    )


def _audit_record(history: History, version: Version) -> str:
    return element(
        "AuditRecord",
        element("UserRef", UserOID=version.actor),
        element("LocationRef", LocationOID=history.site),
        text_element("DateTimeStamp", version.recorded_at.isoformat(timespec="microseconds")),
        text_element("ReasonForChange", version.reason),
        text_element("SourceID", f"{history.record_id}.{version.number}"),
    )
