"""Where the accrual chart puts a month and a count, in the units of its view box."""

from dataclasses import dataclass

WIDTH, HEIGHT = 720, 474
LEFT, RIGHT = 58, 14
# Upper panel: cumulative. Lower panel: by month, under the same months.
TOP, BOTTOM = 34, 284
LOW_TOP, LOW_BOTTOM = 342, 432
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
_MOST_MONTH_NAMES = 10
_MOST_GRID_LINES = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """``first`` month to ``end`` (the month after the last), both as months since year 0."""

    first: int
    end: int
    most: int
    most_in_month: int

    def x(self, months: float) -> float:
        width = WIDTH - LEFT - RIGHT
        return LEFT + width * (months - self.first) / (self.end - self.first)

    def y(self, count: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * count / self.most

    def low_y(self, count: float) -> float:
        return LOW_BOTTOM - (LOW_BOTTOM - LOW_TOP) * count / self.most_in_month

    def named_months(self) -> range:
        """The months that are named beneath the axis."""
        span = self.end - self.first
        step = next((s for s in _MONTH_STEPS if span <= s * _MOST_MONTH_NAMES), _MONTH_STEPS[-1])
        return range(-(-self.first // step) * step, self.end, step)


def rounded_up(most: int, lines: int = _MOST_GRID_LINES) -> tuple[int, int]:
    """The end of an axis that reaches ``most``, and the step of its grid: 1, 2 or 5 times ten
    to some power, so that there are at most ``lines`` steps."""
    step = 1
    while -(-most // step) > lines:
        leading = int(str(step)[0])
        step = step * 5 // 2 if leading == 2 else step * 2
    return max(-(-most // step), 1) * step, step
