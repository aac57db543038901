"""Where an item goes in SDTM, as the rule packs `sdtm*` map forms to domains."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from shared.rules.loading import load_pack, shipped_packs
from shared.rules.model import Cell
from shared.study.definition import StudyDefinition

Home = Mapping[tuple[str, str], tuple[str, ...]]
# Fixed by the model, and by no mapping of forms: DM is one row a subject.
_SPECIAL = {
    ("demographics", "birth_month"): "DM.BRTHDTC",
    ("demographics", "sex"): "DM.SEX",
    ("consent", "consent_date"): "DM.RFICDTC",
    ("survival_status", "death_date"): "DM.DTHDTC",
    ("visit", "visit_date"): "SV.SVSTDTC",
}


def sdtm_homes(definition: StudyDefinition) -> Home:
    """(form, item) to variables such as `LB.LBORRES where LBTESTCD = NEUT`; what has no home has no
    key."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    kinds = {str(row["domain"]): str(row["of"]) for row in _rows("domains")}
    for key, home in _SPECIAL.items():
        found[key].append(home)
    dates = {form.id: form.date_item for form in definition.forms}
    for row in _rows("sources"):
        _source(row, kinds, dates, found)
    for row in _rows("fills"):
        found[str(row["form"]), str(row["item"])].append(_filled(row))
    for row in _rows("qualifiers"):
        found[str(row["form"]), str(row["item"])].append(
            f"SUPP{row['domain']}.QVAL where QNAM = {row['qnam']}"
        )
    known = {(form.id, item.id) for form in definition.forms for item in form.items}
    return {key: tuple(dict.fromkeys(homes)) for key, homes in found.items() if key in known}


def _rows(table: str) -> Iterator[Mapping[str, Cell]]:
    """The rows of a table of the mapping, in whichever of its packs it stands."""
    for name in shipped_packs():
        pack = load_pack(name) if name == "sdtm" or name.startswith("sdtm_") else None
        if pack is not None and table in pack.tables:
            yield from pack.rows(table)


def _source(
    row: Mapping[str, Cell],
    kinds: Mapping[str, str],
    dates: Mapping[str, str | None],
    found: defaultdict[tuple[str, str], list[str]],
) -> None:
    form, domain = str(row["form"]), str(row["domain"])
    if "item" in row:
        found[form, str(row["item"])].append(
            f"{domain}.{domain}ORRES where {domain}TESTCD = {row['testcd']}"
        )
    start = "DTC" if kinds.get(domain) == "findings" else "STDTC"
    dated = None if row.get("undated") else row.get("date") or dates.get(form)
    for when in (dated, row.get("time")):
        if when:
            found[form, str(when)].append(f"{domain}.{domain}{start}")
    if row.get("below"):
        found[form, str(row["below"])].append(f"{domain}.{domain}ORRES")
    if row.get("end"):
        found[form, str(row["end"])].append(f"{domain}.{domain}ENDTC")
    if row.get("when_item") and domain == "DS":
        found[form, str(row["when_item"])].append("DS.DSDECOD")


def _filled(row: Mapping[str, Cell]) -> str:
    domain, variable = str(row["domain"]), str(row["variable"])
    where = f" where {domain}TESTCD = {row['testcd']}" if row.get("testcd") else ""
    return f"{domain}.{variable}{where}"
