"""The accrual curve as inline SVG: randomized beside target, and what each month brought."""

from collections.abc import Iterator

from services.randomization.documents import accrual_scale, calendar_months
from services.randomization.documents.accrual_scale import (
    BOTTOM,
    HEIGHT,
    LEFT,
    LOW_BOTTOM,
    LOW_TOP,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
)
from services.randomization.documents.facts import EnrolmentFacts, MonthCount
from services.randomization.documents.markup import Content, Markup, element

_KEYS = (
    ("Randomized, cumulative", "curve"),
    ("Target", "target"),
    ("Randomized in the month", "bar"),
    ("Screened in the month", "open-bar"),
)


def accrual_chart(facts: EnrolmentFacts, months: tuple[MonthCount, ...]) -> Markup:
    """The chart of ``months`` without gaps. A reader who cannot see it gets it in a sentence."""
    scale = _scale(facts, months)
    title, description = "Accrual", _in_words(facts, months)
    return element(
        "svg",
        element("title", title, id="accrual-title"),
        element("desc", description, id="accrual-description"),
        _upper_grid(scale),
        _lower_grid(scale),
        _bars(scale, months),
        _target(scale, facts),
        _curve(scale, facts, months),
        _month_names(scale),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby="accrual-title accrual-description",
    )


def legend(facts: EnrolmentFacts) -> Markup:
    """What the lines and bars mean."""
    shown = [(n, k) for n, k in _KEYS if k != "target" or facts.target is not None]
    return element("ul", (element("li", _sample(k), n) for n, k in shown), class_="legend")


def _scale(facts: EnrolmentFacts, months: tuple[MonthCount, ...]) -> Scale:
    counted = [calendar_months.number(count.month) for count in months]
    now = int(calendar_months.position(facts.as_of))
    firsts, ends = counted[:1] or [now], [max(counted, default=now) + 1]
    most = max([facts.planned or 1, 1, *(count.cumulative for count in months)])
    if facts.target is not None:
        start = calendar_months.number(facts.target.starts)
        firsts.append(start)
        ends.append(start + facts.target.months)
        most = max(most, facts.target.subjects)
    busiest = max((max(c.screened, c.randomized) for c in months), default=1)
    return Scale(
        first=min(firsts),
        end=max(ends),
        most=accrual_scale.rounded_up(most)[0],
        most_in_month=accrual_scale.rounded_up(busiest, 3)[0],
    )


def _in_words(facts: EnrolmentFacts, months: tuple[MonthCount, ...]) -> str:
    if not months:
        planned = "" if facts.planned is None else f"; {facts.planned} are planned"
        return f"Nobody was screened or randomized yet{planned}."
    last = months[-1]
    words = (
        f"From {months[0].month} to {last.month}, {last.cumulative} {_children(facts.planned)} "
        "were randomized."
    )
    due = calendar_months.target_by_end_of(last.month, facts)
    if due is not None:
        words += f" The target by the end of {last.month} is {due}."
    return words + " The table by month gives the same numbers."


def _children(planned: int | None) -> str:
    return "children of your sites" if planned is None else f"of {planned} planned children"


def _upper_grid(scale: Scale) -> Iterator[Markup]:
    _, step = accrual_scale.rounded_up(scale.most)
    for count in range(0, scale.most + 1, step):
        yield from _grid_line(scale.y(count), str(count), is_axis=count == 0)
    yield _text(0, TOP - 16, "Randomized, cumulative")


def _lower_grid(scale: Scale) -> Iterator[Markup]:
    for count in (0, scale.most_in_month):
        yield from _grid_line(scale.low_y(count), str(count), is_axis=count == 0)
    yield _text(0, LOW_TOP - 18, "By month")


def _grid_line(y: float, name: str, *, is_axis: bool) -> Iterator[Markup]:
    yield _line((LEFT, y), (WIDTH - RIGHT, y), "axis" if is_axis else "grid")
    yield _text(LEFT - 8, y + 5, name, text_anchor="end")


def _bars(scale: Scale, months: tuple[MonthCount, ...]) -> Iterator[Markup]:
    width = scale.x(scale.first + 1) - scale.x(scale.first)
    for count in months:
        left = scale.x(calendar_months.number(count.month))
        for kind, number, start, share in (
            ("open-bar", count.screened, 0.12, 0.38),
            ("bar", count.randomized, 0.50, 0.38),
        ):
            if number:
                top = scale.low_y(number)
                yield element(
                    "rect",
                    class_=kind,
                    x=_n(left + start * width),
                    y=_n(top),
                    width=_n(share * width),
                    height=_n(LOW_BOTTOM - top),
                )


def _target(scale: Scale, facts: EnrolmentFacts) -> Markup | None:
    if facts.target is None:
        return None
    start = calendar_months.number(facts.target.starts)
    end = start + facts.target.months
    return _line((scale.x(start), BOTTOM), (scale.x(end), scale.y(facts.target.subjects)), "target")


def _curve(scale: Scale, facts: EnrolmentFacts, months: tuple[MonthCount, ...]) -> Content:
    """From zero at the first month's beginning over every month's end; the running month ends at
    the time of the facts, not in the future."""
    if not months:
        return None
    now = calendar_months.position(facts.as_of)
    points = [(scale.x(calendar_months.number(months[0].month)), scale.y(0))]
    for count in months:
        start = calendar_months.number(count.month)
        end = now if start <= now < start + 1 else start + 1
        points.append((scale.x(end), scale.y(count.cumulative)))
    path = "M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    x, y = points[-1]
    # The number keeps clear of the target: below a curve that runs behind, above one ahead.
    due = calendar_months.target_by_end_of(months[-1].month, facts)
    behind = due is not None and months[-1].cumulative < due
    beside = {"text_anchor": "end"} if x > WIDTH - 70 else {}
    return (
        element("path", class_="curve", d=path),
        element("circle", class_="point", cx=_n(x), cy=_n(y), r="4.5"),
        _text(
            x + (-9 if beside else 9),
            y + (22 if behind and y < BOTTOM - 30 else -9),
            str(months[-1].cumulative),
            "end",
            **beside,
        ),
    )


def _month_names(scale: Scale) -> Iterator[Markup]:
    for turn, month in enumerate(scale.named_months()):
        x = scale.x(month)
        yield _line((x, LOW_BOTTOM), (x, LOW_BOTTOM + 6), "axis")
        yield _text(x, LOW_BOTTOM + 28, calendar_months.name(month), "seldom" if turn % 2 else None)


def _sample(kind: str) -> Markup:
    drawn = (
        element("rect", class_=kind, x="3", y="0", width="20", height="12")
        if kind.endswith("bar")
        else _line((0, 6), (26, 6), kind)
    )
    return element("svg", drawn, viewBox="0 0 26 12", aria_hidden="true")


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> Markup:
    (x1, y1), (x2, y2) = start, end
    return element("line", class_=kind, x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2))


def _text(x: float, y: float, text: str, kind: str | None = None, **more: str) -> Markup:
    return element("text", text, x=_n(x), y=_n(y), class_=kind, **more)


def _n(value: float) -> str:
    return f"{value:.1f}"
