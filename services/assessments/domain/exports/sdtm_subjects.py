"""The datasets that no form is the source of: DM, SV and ADaM of children, TA, TS of the trial."""

from collections.abc import Iterator

from services.assessments.domain.exports.adam import adam_rows
from services.assessments.domain.exports.participant import Filled
from services.assessments.domain.exports.qualifiers import qualifier_rows
from services.assessments.domain.exports.sdtm import Child, Sdtm, Values
from shared.datasets.dataset import Row
from shared.study.ages import completed_years
from shared.study.dates import PartialDate


def subject_rows(sdtm: Sdtm, domain: str, child: Child) -> Iterator[Row]:
    """The rows of any domain that are about a child."""
    match domain:
        case "DM":
            yield sdtm.in_order(domain, demographics(sdtm, child))
        case "ADSL" | "ADRS" | "ADTTE":
            for values in adam_rows(sdtm, domain, child, demographics(sdtm, child)):
                yield sdtm.in_order(domain, values)
        case "SV":
            for values in _visits(sdtm, child):
                yield sdtm.in_order(domain, values)
        case _ if sdtm.pack.classes[domain] == "qualifiers":
            for values in qualifier_rows(sdtm, domain, child):
                yield sdtm.in_order(domain, values)
        case _:
            yield from sdtm.rows(domain, child)


def trial_rows(sdtm: Sdtm, domain: str) -> Iterator[Row]:
    """The rows of TA and TS: what the study definition plans, the same in both variants."""
    found = {"TA": _arms, "TS": _summary}[domain](sdtm)
    for values in found:
        start: Values = {"STUDYID": sdtm.definition.id, "DOMAIN": domain}
        yield sdtm.in_order(domain, start | values)


def demographics(sdtm: Sdtm, child: Child) -> Values:
    """The row of DM."""
    told = child.participant
    reference = None if child.reference is None else child.reference.isoformat()
    deaths = _rows(sdtm, child, "DS", "DSDECOD", sdtm.pack.pack.text("death_term"))
    died = _dates(deaths, "DSSTDTC")
    arm = None if told.arm is None else sdtm.definition.arm(told.arm)
    values: Values = {
        "STUDYID": sdtm.definition.id,
        "DOMAIN": "DM",
        "USUBJID": sdtm.usubjid(told),
        "SUBJID": told.subject,
        "RFSTDTC": reference,
        "RFICDTC": told.consented_on.isoformat(),
        "DTHDTC": died[-1] if died else None,
        "DTHFL": "Y" if deaths else None,
        "SITEID": told.site,
        "BRTHDTC": told.birth_year_month,
        "AGE": completed_years(
            PartialDate.parse(told.birth_year_month), told.allocated_on or told.consented_on
        ),
        "AGEU": "YEARS",
        "SEX": sdtm.pack.term("sex", told.sex),
        "ARMCD": None if arm is None else arm.code,
        "ARM": None if arm is None else arm.name,
        "ARMNRS": None if told.allocated_on is not None else "NOT ASSIGNED",
        "COUNTRY": told.country,
    }
    given = _rows(sdtm, child, "EX", "DOMAIN", "EX") if "EX" in sdtm.domains() else []
    doses = _dates(given, "EXSTDTC")
    if doses:
        values |= {"RFXSTDTC": doses[0], "RFXENDTC": doses[-1]}
    return values


def _rows(sdtm: Sdtm, child: Child, domain: str, variable: str, value: str) -> list[Values]:
    return [row for row in sdtm.observations(domain, child) if row.get(variable) == value]


def _dates(rows: list[Values], variable: str) -> list[str]:
    """The dates that rows have, in order."""
    return sorted(str(row[variable]) for row in rows if row.get(variable) is not None)


def _visits(sdtm: Sdtm, child: Child) -> Iterator[Values]:
    """The visits of which there is a dated record, from its first to its last day; and those that
    did not take place, with the reason that was given."""
    for visit in sdtm.definition.visits:
        own = [record for record in child.records if record.history.visit == visit.id]
        about: Values = {
            "STUDYID": sdtm.definition.id,
            "DOMAIN": "SV",
            "USUBJID": sdtm.usubjid(child.participant),
            **sdtm.visit(visit.id, None),
        }
        reason = next(filter(None, (_not_done(sdtm, record) for record in own)), None)
        days = sorted(
            record.date
            for record in own
            if record.date and len(record.date) >= 10 and not _not_done(sdtm, record)
        )
        if days:
            start, end = days[0], days[-1]
            yield about | {
                "SVOCCUR": "Y",
                "SVSTDTC": start,
                "SVENDTC": end,
                "SVSTDY": sdtm.day(child, start),
                "SVENDY": sdtm.day(child, end),
            }
        elif reason is not None:
            yield about | {"SVOCCUR": "N", "SVREASOC": reason}


def _not_done(sdtm: Sdtm, record: Filled) -> str | None:
    """Why the visit of a record did not take place, where the record says so."""
    fill = sdtm.pack.reason_not_occurred()
    told = fill is not None and record.history.form == fill.form
    return record.read(fill.item) if fill is not None and told else None


def _arms(sdtm: Sdtm) -> Iterator[Values]:
    for arm in sdtm.definition.arms:
        for row in sdtm.pack.pack.rows("elements"):
            yield {
                "ARMCD": arm.code,
                "ARM": arm.name,
                "TAETORD": int(str(row["order"])),
                "ETCD": str(row["code"]),
                "ELEMENT": str(row["element"]),
                "EPOCH": str(row["epoch"]),
            }


def _summary(sdtm: Sdtm) -> Iterator[Values]:
    identity = sdtm.definition.identity
    known = {
        "TITLE": ("Trial Title", identity.title),
        "TPHASE": ("Trial Phase Classification", identity.phase),
        "PLANSUB": ("Planned Number of Subjects", identity.planned_subjects),
        "NARMS": ("Planned Number of Arms", len(sdtm.definition.arms)),
        "RANDOM": ("Trial is Randomized", "Y"),
        "REGID": ("Registry Identifier", identity.identifiers.registry),
        "SPROTID": (
            "Sponsor Protocol Identifier",
            identity.identifiers.sponsor_protocol,
        ),
    }
    for code, (name, value) in sorted(known.items()):
        if value is not None:
            yield {"TSSEQ": 1, "TSPARMCD": code, "TSPARM": name, "TSVAL": str(value)}
