"""A proportion with competing events as a time to the first of them."""

from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint


def first_event(endpoint: ProportionEndpoint) -> TimeToEventEndpoint:
    """The time to the first of success and competing event; a success wins on the same day.

    Raises ValueError for an endpoint without competing events.
    """
    if not endpoint.competing or endpoint.day_rule is None:
        raise ValueError(f"{endpoint.paramcd} has no competing events")
    return TimeToEventEndpoint.model_construct(
        kind="time_to_event",
        paramcd=endpoint.paramcd,
        outcome=endpoint.outcome,
        label=endpoint.label,
        description=endpoint.description,
        populations=endpoint.populations,
        comparison=endpoint.comparison,
        origin=endpoint.origin,
        day_rule=endpoint.day_rule,
        horizon=endpoint.horizon,
        events=(*endpoint.successes, *endpoint.competing),
        censoring=endpoint.censoring,
        source=endpoint.source,
    )
