"""The packs of the mapping as it reads them: domains, sources, fills and terms."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, cast

from shared.datasets.dataset import Column, Dataset, Kind
from shared.rules.model import Pack

PACKS = ("sdtm", "sdtm_sources", "sdtm_items", "sdtm_qualifiers")
"""The model, what makes its rows, what fills them, and what goes beside them."""
CONSENTED = "@consented"
RANDOMIZED = "@randomized"


@dataclass(frozen=True, slots=True)
class Source:
    """Makes a row of a domain of each record of a form; the pack tells what each field is."""

    domain: str
    form: str
    item: str | None = None
    testcd: str | None = None
    test: str | None = None
    object: str | None = None
    cat: str | None = None
    scat: str | None = None
    spec: str | None = None
    evaluator: str | None = None
    term: str | None = None
    trt: str | None = None
    decod: str | None = None
    when_item: str | None = None
    when: str | None = None
    date: str | None = None
    time: str | None = None
    end: str | None = None
    codes: str | None = None
    below: str | None = None
    limit: str | None = None
    presp: str | None = None
    undated: bool = False

    def constants(self) -> dict[str, str]:
        """The variables that are the same in all its rows."""
        named = {
            "TESTCD": self.testcd, "TEST": self.test, "OBJ": self.object, "CAT": self.cat,
            "SCAT": self.scat, "SPEC": self.spec, "EVAL": self.evaluator, "TERM": self.term,
            "TRT": self.trt, "DECOD": self.decod, "PRESP": self.presp,
        }  # fmt: skip
        return {self.domain + name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Fill:
    """An item of the record that goes into a variable of the row."""

    domain: str
    form: str
    item: str
    variable: str
    testcd: str | None = None
    codes: str | None = None
    received: bool = False
    coded: bool = False
    when: str | None = None
    several: str | None = None


@dataclass(frozen=True, slots=True)
class Qualifier:
    """An item of the record that stands in SUPP beside the rows which the record makes."""

    domain: str
    form: str
    item: str
    qnam: str
    qlabel: str
    testcd: str | None = None
    codes: str | None = None


class SdtmPack:
    """The packs of the mapping, read. ``pack`` is the model."""

    def __init__(self, pack: Pack, sources: Pack, items: Pack, qualifiers: Pack) -> None:
        self.pack = pack
        self._items = items
        self.version = pack.version
        hashes = "".join(each.sha256 for each in (pack, sources, items, qualifiers))
        self.sha256 = sha256(hashes.encode()).hexdigest()
        self.sources = tuple(
            Source(**cast("dict[str, Any]", dict(r))) for r in sources.rows("sources")
        )
        self._fills = tuple(Fill(**cast("dict[str, Any]", dict(r))) for r in items.rows("fills"))
        self.qualifiers = tuple(
            Qualifier(**cast("dict[str, Any]", dict(r))) for r in qualifiers.rows("qualifiers")
        )

    @cached_property
    def classes(self) -> dict[str, str]:
        """The class of each domain: special, trial, events, interventions, findings or
        qualifiers."""
        return {str(row["domain"]): str(row["of"]) for row in self.pack.rows("domains")}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Every domain with its variables."""
        return {
            str(row["domain"]): Dataset(
                str(row["domain"]),
                str(row["label"]),
                self._columns(str(row["domain"])),
                self._keys(str(row["domain"])),
            )
            for row in self.pack.rows("domains")
        }

    def fills(self, source: Source) -> tuple[Fill, ...]:
        """What goes into the rows of a source of this pack."""
        return self._by_source[source]

    @cached_property
    def _by_source(self) -> dict[Source, tuple[Fill, ...]]:
        # Asked for every row of every file.
        return {
            source: tuple(
                fill
                for fill in self._fills
                if (fill.domain, fill.form) == (source.domain, source.form)
                and fill.testcd in {None, source.testcd}
                and fill.when in {None, source.when_item}
            )
            for source in self.sources
        }

    def reason_not_occurred(self) -> Fill | None:
        """The item that says why a visit did not take place."""
        return next((fill for fill in self._fills if fill.variable == "SVREASOC"), None)

    def term(self, codes: str, code: str) -> str | None:
        """The standard term of a code; None where the list lacks it."""
        return self._terms.get((codes, code))

    @cached_property
    def _terms(self) -> dict[tuple[str, str], str]:
        return {
            (str(row["list"]), str(row["code"])): str(row["term"])
            for row in self._items.rows("codes")
        }

    def _columns(self, domain: str) -> tuple[Column, ...]:
        found = []
        for row in self.pack.rows("variables"):
            of = cast("tuple[str, ...]", row["of"])
            if domain in of or self.classes[domain] in of:
                name = str(row["name"]).replace("--", domain)
                found.append(Column(name, str(row["label"]), cast("Kind", row["kind"])))
        return tuple(found)

    def _keys(self, domain: str) -> tuple[str, ...]:
        for row in self.pack.rows("keys"):
            if row["of"] in {domain, self.classes[domain]}:
                keys = cast("tuple[str, ...]", row["keys"])
                return tuple(key.replace("--", domain) for key in keys)
        return ()
