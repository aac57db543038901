"""Which datasets a study has in each class of output, and their variables with how each is derived.

The one place that says it: the files are written by this model, and the define document is made of
it. Source: the rule packs ``adam`` and ``adam_sources``, and the study definition for what studies
differ in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from services.analytics.domain.adam.assessments import Assessment, assessments
from services.analytics.domain.adam.characteristics import (
    Characteristic,
    characteristics,
    lacking,
)
from services.analytics.domain.adam.codes import code_lists
from services.analytics.domain.adam.value_level import value_levels
from services.analytics.domain.adam.variables import DatasetModel, Variable
from services.analytics.domain.adam.veil import Veil, veil_of
from services.analytics.domain.results import OutputClass
from shared.datasets.dataset import Kind
from shared.rules.loading import load_pack
from shared.rules.model import Cell, Pack
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    ProportionEndpoint,
    TimeToEventEndpoint,
)
from shared.study.occurrences import Population

PACK = "adam"


@dataclass(frozen=True, slots=True)
class SetNames:
    """The variables that tell whether a subject is in an analysis set, and why not."""

    population: Population
    flag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Model:
    """All datasets of a study in one class of output.

    ``sets`` are the analysis sets that this class may tell of a subject; ``codes`` the lists of
    codes, each code with its meaning.
    """

    definition: StudyDefinition
    output_class: OutputClass
    version: str
    veil: Veil
    sets: tuple[SetNames, ...]
    anchors: Mapping[str, str]
    characteristics: tuple[Characteristic, ...]
    assessments: tuple[Assessment, ...]
    datasets: tuple[DatasetModel, ...]
    codes: Mapping[str, Mapping[str, str]]

    @property
    def is_open(self) -> bool:
        return self.output_class is OutputClass.OPEN

    def find(self, name: str) -> DatasetModel | None:
        """The dataset of that name, None where this class of output has none."""
        return next((each for each in self.datasets if each.name == name), None)


def model_of(definition: StudyDefinition, output_class: OutputClass) -> Model:
    """The model of a study. Raises ValueError where two variables would have one name."""
    pack = load_pack(PACK)
    veil = veil_of(definition)
    shown = {"both", output_class.value}
    is_open = output_class is OutputClass.OPEN
    sets = tuple(
        each
        for each in set_names(definition)
        if not (is_open and each.population.id in veil.populations)
    )
    dated = _dated(pack, definition, veil if is_open else None)
    brought = characteristics(definition, veil if is_open else None)
    assessed = assessments(definition, veil if is_open else None)
    of_subject = (*(each.variable for each in brought), *(each for each, _ in dated))
    datasets = tuple(
        replace(
            _without(lacking(brought), _dataset(pack, row, shown, sets, of_subject)),
            values=value_levels(
                definition, str(row["dataset"]), assessed, veil if is_open else None
            ),
        )
        for row in pack.rows("datasets")
        if row["shown"] in shown and str(row["dataset"]) in _wanted(definition, assessed)
    )
    anchors = {each.name: str(row["anchor"]) for each, row in dated}
    codes = code_lists(pack, definition, brought, assessed, is_open=is_open)
    return Model(
        definition,
        output_class,
        pack.version,
        veil,
        sets,
        anchors,
        brought,
        assessed,
        datasets,
        codes,
    )


def set_names(definition: StudyDefinition) -> tuple[SetNames, ...]:
    """The variables of every analysis set of a study, shown or not."""
    named = {str(row["set"]): row for row in load_pack(PACK).rows("sets")}
    found = []
    for each in definition.populations:
        row = named.get(each.id, {})
        flag = str(row.get("flag", f"{each.id[:6]}FL"))
        found.append(SetNames(each, flag, str(row.get("reason", f"{each.id[:5]}RSN"))))
    return tuple(found)


def _wanted(definition: StudyDefinition, assessed: tuple[Assessment, ...]) -> set[str]:
    wanted = {"ADSL", "ADRS"} if assessed else {"ADSL"}
    for endpoint in definition.endpoints:
        if isinstance(endpoint, TimeToEventEndpoint):
            wanted.add("ADTTE")
        elif isinstance(endpoint, ProportionEndpoint):
            wanted |= {"ADRS"} | ({"ADTTE"} if endpoint.competing else set())
        elif isinstance(endpoint, AdverseEventEndpoint):
            wanted.add("ADAE")
        elif isinstance(endpoint, ConcentrationEndpoint):
            wanted |= {"ADPC", "ADPP"}
    return wanted


def _dataset(
    pack: Pack,
    row: Mapping[str, Cell],
    shown: set[str],
    sets: tuple[SetNames, ...],
    of_subject: tuple[Variable, ...],
) -> DatasetModel:
    name = str(row["dataset"])
    variables = [
        _variable(each)
        for each in pack.rows("variables")
        if name in cast("tuple[str, ...]", each["of"]) and each["shown"] in shown
    ]
    if name == "ADSL":
        variables += of_subject
    for each in sets:
        variables += _of_set(each, with_reason=name == "ADSL")
    names = [each.name for each in variables]
    if len(names) != len(set(names)):
        raise ValueError(f"{name}: two variables have one name")
    keys = cast("tuple[str, ...]", row["keys"])
    return DatasetModel(
        name, str(row["label"]), str(row["of"]), str(row["structure"]), keys, tuple(variables)
    )


def _without(names: frozenset[str], dataset: DatasetModel) -> DatasetModel:
    """The dataset of subjects without these variables; others as they are."""
    if dataset.name != "ADSL":
        return dataset
    kept = tuple(each for each in dataset.variables if each.name not in names)
    return replace(dataset, variables=kept)


def _variable(row: Mapping[str, Cell]) -> Variable:
    codes, item = row.get("codes"), row.get("item")
    return Variable(
        str(row["name"]),
        str(row["label"]),
        cast("Kind", row["kind"]),
        str(row["origin"]),
        str(row["derivation"]),
        None if codes is None else str(codes),
        None if item is None else str(item),
    )


def _of_set(names: SetNames, *, with_reason: bool) -> Iterator[Variable]:
    population = names.population
    words = f"Y for: {population.label}." if with_reason else f"ADSL.{names.flag}"
    origin = "Derived" if with_reason else "Predecessor"
    label = f"Population Flag {population.id}"
    yield Variable(names.flag, label, "text", origin, words, "flags")
    if with_reason:
        yield Variable(
            names.reason,
            f"Reason Not in Population {population.id}",
            "text",
            "Derived",
            f"The first reason why {names.flag} is N; empty where it is Y.",
        )


def _dated(
    pack: Pack, definition: StudyDefinition, veil: Veil | None
) -> list[tuple[Variable, Mapping[str, Cell]]]:
    labels = {each.id: each.label for each in definition.anchors}
    return [
        (
            Variable(
                str(row["name"]),
                str(row["label"]),
                "date",
                "Derived",
                f"{labels[str(row['anchor'])]}; empty where it has no date known to the day.",
            ),
            row,
        )
        for row in pack.rows("anchors")
        if row["anchor"] in labels and not (veil and row["anchor"] in veil.anchors)
    ]
