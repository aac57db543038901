"""What a case tells beside its events and suspect drugs, part by part."""

from dataclasses import dataclass

from services.safety.domain.as_told import Missing, PartialDay, Words


@dataclass(frozen=True)
class Quantity:
    """A number with its unit (UCUM), such as 3 ``d``."""

    number: str
    unit: str


@dataclass(frozen=True)
class Term:
    """A MedDRA lowest level term by its code, in a version."""

    code: str
    version: str


@dataclass(frozen=True)
class SystemCode:
    """A code of a route, a dose form or a product, by its code system (``e2b.term_systems``)."""

    system: str
    code: str
    version: str


@dataclass(frozen=True)
class Authorisation:
    """Under which number a product is on the market, in which country (ISO 3166-1), and whose."""

    number: str
    country: str
    holder: str | None = None


@dataclass(frozen=True, kw_only=True)
class DrugDetails:
    """What is told of any drug. ``cumulative`` was given until the first reaction began;
    ``gestation`` is the earliest at which a child was exposed, ``parent_route`` how a parent took
    it; ``more`` are words that no other field holds."""

    cumulative: Quantity | None = None
    gestation: Quantity | None = None
    parent_route: Words = None
    parent_route_code: SystemCode | None = None
    obtained_in: str | None = None
    authorisation: Authorisation | None = None
    more: str | None = None


@dataclass(frozen=True)
class Concomitant(DrugDetails):
    """A drug as it was reported. ``dose`` is in words, ``amount`` one dose, given once in
    ``every``; ``lasted`` is how long it was given. ``coding`` is of the indication."""

    name: str
    started: PartialDay = None
    ended: PartialDay = None
    dose: str | None = None
    route: Words = None
    indication: Words = None
    amount: Quantity | None = None
    every: Quantity | None = None
    lasted: Quantity | None = None
    route_code: SystemCode | None = None
    form: Words = None
    form_code: SystemCode | None = None
    product_code: SystemCode | None = None
    coding: Term | None = None


@dataclass(frozen=True)
class Administration(DrugDetails):
    """How a suspect product was given, and what for. ``coding`` is of the indication;
    ``circumstances`` are words of the interface, such as OVERDOSE."""

    product: str
    route: Words = None
    batches: tuple[str, ...] = ()
    indication: Words = None
    coding: Term | None = None
    route_code: SystemCode | None = None
    form: Words = None
    form_code: SystemCode | None = None
    circumstances: tuple[str, ...] = ()


@dataclass(frozen=True)
class Latency:
    """How long after the start of a product, and after its last dose, an event began."""

    product: str
    event: str
    after_start: Quantity | None = None
    after_last_dose: Quantity | None = None


@dataclass(frozen=True)
class PastDrug:
    """A drug taken before, and over. The name may be missing: UNK (which drug is not known) or NA
    (there was none). ``indication`` and ``reaction`` (to it, then) are coded."""

    name: Words
    product_code: SystemCode | None = None
    started: PartialDay = None
    ended: PartialDay = None
    indication: Term | None = None
    reaction: Term | None = None


@dataclass(frozen=True)
class Recurrence:
    """Whether an event came again when a product was given again."""

    product: str
    event: str
    outcome: str


@dataclass(frozen=True)
class Cause:
    """What a child died of, in words, and their code."""

    words: str
    coding: Term | None = None


@dataclass(frozen=True)
class Death:
    """What is known of a death: its day, whether there was an autopsy, what was reported as its
    cause and what the autopsy found."""

    on: PartialDay = None
    autopsy: bool | Missing | None = None
    causes: tuple[Cause, ...] = ()
    autopsy_causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class HeldDocument:
    """A document that goes with the reports: ``attachment`` is its hash (SHA-256)."""

    title: str
    attachment: str


@dataclass(frozen=True)
class Publication:
    """A publication that the case is of. The citation may be missing: ASKU, NASK."""

    citation: Words
    attachment: str | None = None


@dataclass(frozen=True)
class OtherIdentifier:
    """A number under which somebody else sent the case, and who that is."""

    source: str
    identifier: str


@dataclass(frozen=True)
class HistoryItem:
    """A disease or circumstance of before, or that goes on; ``family``: of a relative."""

    term: str
    coding: Term | None = None
    started: PartialDay = None
    ended: PartialDay = None
    continuing: bool | Missing | None = None
    family: bool = False
    comment: str | None = None


@dataclass(frozen=True)
class LabTest:
    """A test or procedure. ``value`` is a number in ``unit`` (UCUM), or a bound by ``qualifier``;
    ``result`` a code of the interface; ``low`` and ``high`` are the limits of normal."""

    name: str
    coding: Term | None = None
    on: str | None = None
    value: str | None = None
    qualifier: str | None = None
    unit: str | None = None
    result: str | None = None
    result_words: str | None = None
    low: str | None = None
    high: str | None = None
    comment: str | None = None
    more_information: bool | None = None


@dataclass(frozen=True)
class Summary:
    """The case in another language (ISO 639-2)."""

    language: str
    text: str


@dataclass(frozen=True)
class Comments:
    """What reporter and sponsor say of the case beside its narrative; ``diagnoses`` are the
    sponsor's own, coded."""

    reporter: str | None = None
    sender: str | None = None
    diagnoses: tuple[Term, ...] = ()
    summaries: tuple[Summary, ...] = ()
