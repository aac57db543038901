"""Where a page of things in order of time ends: the last one's instant and id."""

import re
from datetime import UTC, datetime

from shared.http.pagination import Page, no_cursor

_CURSOR = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"
    r"_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_START = (datetime(1, 1, 1, tzinfo=UTC), "00000000-0000-0000-0000-000000000000")


def cursor(at: datetime, identifier: str) -> dict[str, str]:
    """The row that ``Page.next`` takes its key from."""
    return {"cursor": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z_{identifier}"}


def after(page: Page) -> tuple[datetime, str]:
    """The instant and id that a page starts after. Raises ``InvalidContent`` for no cursor."""
    if not page.after:
        return _START
    found = _CURSOR.fullmatch(page.after)
    try:
        return datetime.fromisoformat(found[1] if found else ""), found[2] if found else ""
    except ValueError:
        raise no_cursor() from None
