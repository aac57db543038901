"""A variable and a dataset of the model, with the words that the define document says of them."""

from dataclasses import dataclass

from shared.datasets.dataset import Column, Dataset, Kind


@dataclass(frozen=True, slots=True)
class Variable:
    """A column with the words for its derivation; ``codes`` names its list of codes and ``item``
    the item of the record that fills it, where there are any."""

    name: str
    label: str
    kind: Kind
    origin: str
    derivation: str
    codes: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class ValueLevel:
    """What a variable is in the rows of one parameter, where parameters differ in it."""

    variable: Variable
    parameter: str


@dataclass(frozen=True, slots=True)
class DatasetModel:
    """A dataset of a class of output. ``values`` tell what AVAL and others are by PARAMCD."""

    name: str
    label: str
    of: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    values: tuple[ValueLevel, ...] = ()

    def place(self, name: str) -> int:
        """Which column the variable is."""
        return next(place for place, each in enumerate(self.variables) if each.name == name)

    @property
    def dataset(self) -> Dataset:
        """The dataset as the writers of formats take it."""
        columns = tuple(Column(each.name, each.label, each.kind) for each in self.variables)
        return Dataset(self.name, self.label, columns, self.keys)
