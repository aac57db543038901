"""Which datasets a study has in each class of output, and their variables with how each is derived.

The one place that says it: the files are written by this model, and the define document is made of
it. Source: the rule packs ``adam`` and ``adam_sources``, and the study definition for what studies
differ in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from services.analytics.domain.adam.assessments import Assessment, assessments
from services.analytics.domain.adam.characteristics import (
    Characteristic,
    characteristics,
    lacking,
)
from services.analytics.domain.adam.codes import code_lists
from services.analytics.domain.adam.groups import GroupName, group_names, group_variables
from services.analytics.domain.adam.happenings import Happening, happenings
from services.analytics.domain.adam.sets import PACK, SetNames, set_names, set_variables
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

SUBJECTS, DISPOSITION = "ADSL", "ADDS"


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
    happenings: tuple[Happening, ...]
    assessments: tuple[Assessment, ...]
    groups: tuple[GroupName, ...]
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
    pack, veil = load_pack(PACK), veil_of(definition)
    is_open = output_class is OutputClass.OPEN
    hides = veil if is_open else None
    dated = _dated(pack, definition, hides)
    model = Model(
        definition=definition,
        output_class=output_class,
        version=pack.version,
        veil=veil,
        sets=tuple(
            each
            for each in set_names(definition)
            if hides is None or each.population.id not in hides.populations
        ),
        anchors={each.name: anchor for each, anchor in dated},
        characteristics=characteristics(definition, hides),
        happenings=happenings(definition, hides),
        assessments=assessments(definition, hides),
        groups=() if is_open else group_names(definition),
        datasets=(),
        codes={},
    )
    shown, wanted = {"both", output_class.value}, _wanted(model)
    datasets = tuple(
        _dataset(model, pack, row, [each for each, _ in dated])
        for row in pack.rows("datasets")
        if row["shown"] in shown and row["dataset"] in wanted
    )
    parameters = {each.paramcd: each.param for each in model.assessments}
    codes = code_lists(pack, definition, _brought(model), parameters, is_open=is_open)
    return replace(model, datasets=datasets, codes=codes)


def _brought(model: Model) -> dict[str, Mapping[str, str]]:
    """The lists of codes of what the study collects."""
    of_items = {
        str(each.variable.codes): each.codes for each in model.characteristics if each.codes
    }
    of_visits = {each.list_name: each.codes for each in model.assessments if each.codes}
    return of_items | of_visits | {each.list_name: each.codes for each in model.groups}


def _wanted(model: Model) -> set[str]:
    wanted = {"ADSL", "ADDS"} | ({"ADRS"} if model.assessments else set())
    for endpoint in model.definition.endpoints:
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
    model: Model, pack: Pack, row: Mapping[str, Cell], dated: list[Variable]
) -> DatasetModel:
    name, shown = str(row["dataset"]), {"both", model.output_class.value}
    of_subjects = name == SUBJECTS
    left_out = lacking(model.characteristics) if of_subjects else _untold(model)
    variables = [
        _variable(each)
        for each in pack.rows("variables")
        if name in cast("tuple[str, ...]", each["of"])
        and each["shown"] in shown
        and each["name"] not in left_out
    ]
    if of_subjects:
        variables += [each.variable for each in model.characteristics]
        variables += [*dated, *(each.variable for each in model.happenings)]
    for names in () if name == DISPOSITION else model.sets:
        variables += set_variables(names, with_reason=of_subjects)
    variables += group_variables(model.groups, name)
    names_of_all = [each.name for each in variables]
    if len(names_of_all) != len(set(names_of_all)):
        raise ValueError(f"{name}: two variables have one name")
    return DatasetModel(
        name,
        str(row["label"]),
        str(row["of"]),
        str(row["structure"]),
        cast("tuple[str, ...]", row["keys"]),
        tuple(variables),
        value_levels(
            model.definition, name, model.assessments, model.veil if model.is_open else None
        ),
    )


def _untold(model: Model) -> frozenset[str]:
    """The variables of missing results, where no endpoint asks for any, or one may not be told."""
    asking = {
        each.paramcd
        for each in model.definition.endpoints
        if isinstance(each, ProportionEndpoint) and each.missing is not None
    }
    told = asking and not (model.is_open and model.veil.missing)
    return frozenset() if told else frozenset({"MISSFL", "MISSRSN"})


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


def _dated(
    pack: Pack, definition: StudyDefinition, veil: Veil | None
) -> list[tuple[Variable, str]]:
    """Variables of ADSL with the anchors that date them."""
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
            str(row["anchor"]),
        )
        for row in pack.rows("anchors")
        if row["anchor"] in labels and not (veil and row["anchor"] in veil.anchors)
    ]
