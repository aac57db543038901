"""Faults of a template: each stops the stack before it serves anything."""


class PatternError(ValueError):
    """The event pattern is malformed or uses an operator that is not supported."""


class ScheduleError(ValueError):
    """The schedule expression or its time zone is malformed or not supported."""


class ScheduleExhaustedError(ScheduleError):
    """The schedule has no further time to fire."""


class TemplateError(ValueError):
    """The template is not a readable YAML document; the text names file and line."""


class TopologyError(ValueError):
    """The template describes a topology that cannot run.

    ``faults`` holds one sentence for each fault found; each begins with the resource it is about.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        listed = "".join(f"\n  - {fault}" for fault in faults)
        super().__init__(f"the template has {len(faults)} fault(s):{listed}")
