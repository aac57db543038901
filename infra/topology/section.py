"""Typed access to the properties of a resource; every mismatch is recorded as a fault.

After a fault a harmless value is returned, so that reading goes on and all faults are found at
once; a template with faults never becomes a topology.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from infra.topology.template import Reference, Template

QUEUE_TYPES = ("AWS::SQS::Queue",)
FUNCTION_TYPES = ("AWS::Serverless::Function", "AWS::Lambda::Function")


class Section:
    """A mapping of the template that belongs to ``owner`` (the words that begin its faults)."""

    def __init__(self, template: Template, owner: str, node: Any) -> None:
        self.template = template
        self.owner = owner
        # Values are resolved one by one on access: fields outside the topology may refer to
        # resources that SAM adds later (roles, stages) and are none of its business.
        self._nodes: Mapping[str, Any] = {}
        if isinstance(node, Mapping) and not template.is_function(node):
            self._nodes = node
        elif node is not None:
            self.fault("must be a mapping known before deployment")

    def __contains__(self, key: str) -> bool:
        return self.value(key) is not None

    def fault(self, problem: str) -> None:
        """Record a fault of this section."""
        self.template.faults.append(f"{self.owner}: {problem}")

    def value(self, key: str, default: Any = None) -> Any:
        """The resolved value, ``default`` where the key is absent."""
        resolved = self.template.resolve(self._nodes.get(key), self.owner)
        return default if resolved is None else resolved

    def names(self) -> list[str]:
        """The keys, sorted."""
        return sorted(str(key) for key in self._nodes)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; a fault where it is absent without default."""
        value = self.value(key, default)
        if not isinstance(value, str):
            self.fault(f"{key} must be a text known before deployment, not {value!r}")
            return ""
        return value

    def integer(self, key: str, default: int | None, least: int, most: int) -> int:
        """A whole number, also one written as text, as parameters are."""
        value = self.value(key, default)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(f"{key} must be a whole number from {least} to {most}, not {value!r}")
            return least
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean, also one written as text, as parameters are."""
        value = self.value(key, default)
        if isinstance(value, str) and value in {"true", "false"}:
            return value == "true"
        if not isinstance(value, bool):
            self.fault(f"{key} must be true or false, not {value!r}")
        return bool(value)

    def choice(self, key: str, default: str, allowed: Collection[str]) -> str:
        """A string out of ``allowed``."""
        value = self.text(key, default)
        if value not in allowed:
            self.fault(f"{key} must be one of {', '.join(sorted(allowed))}, not {value!r}")
        return value

    def listed(self, key: str) -> list[Any]:
        """A list, empty where the key is absent."""
        value = self.value(key, [])
        if not isinstance(value, list):
            self.fault(f"{key} must be a list")
            return []
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty where the key is absent."""
        members = self.listed(key)
        if not all(isinstance(member, str) for member in members):
            self.fault(f"{key} must be a list of texts known before deployment")
            return ()
        return tuple(members)

    def section(self, key: str) -> "Section":
        """A nested mapping, empty where the key is absent."""
        return Section(self.template, f"{self.owner}/{key}", self._nodes.get(key))

    def sections(self, key: str) -> Iterator["Section"]:
        """The mappings of a list, empty where the key is absent."""
        members = self._nodes.get(key, [])
        if not isinstance(members, list):
            self.fault(f"{key} must be a list")
            return
        for index, member in enumerate(members):
            yield Section(self.template, f"{self.owner}/{key}/{index}", member)

    def refuse(self, *keys: str) -> None:
        """Record a fault for each key that would change the meaning and is not supported."""
        for key in keys:
            if key in self:
                self.fault(f"{key} is not supported")

    def queue(self, key: str) -> str:
        """The logical id of the queue whose Arn is given."""
        return self._resource(key, QUEUE_TYPES, ("Arn",))

    def function(self, key: str, *, by_name: bool = False) -> str:
        """The logical id of the function whose Arn (or, ``by_name``, also name) is given."""
        return self._resource(key, FUNCTION_TYPES, ("Arn", None) if by_name else ("Arn",))

    def _resource(
        self, key: str, kinds: Collection[str], attributes: Collection[str | None]
    ) -> str:
        value = self.value(key)
        if not isinstance(value, Reference):
            self.fault(f"{key} must refer to a resource of the template ({' or '.join(kinds)})")
            return ""
        kind = self.template.kind_of(value.logical_id)
        if kind not in kinds:
            self.fault(f"{key} refers to {value.logical_id}, a {kind}, not {' or '.join(kinds)}")
        elif value.attribute not in attributes:
            self.fault(f"{key} must be the Arn of {value.logical_id}")
        return value.logical_id
