"""How the commands speak to a person."""

from collections.abc import Iterable, Sequence

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

NO_WINDOW = 200
console = Console()
_errors = Console(stderr=True)


class Refused(RuntimeError):
    """The command cannot do what was asked; the message says what would help."""


def complain(message: str) -> None:
    """An error for a person: plain, on standard error."""
    _errors.print(f"[bold red]error:[/] {escape(message)}", highlight=False, soft_wrap=True)


def say(message: str = "") -> None:
    """A line of plain text, as it is: brackets in it mean nothing."""
    typer.echo(message)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; wide where it must be."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    # A file or another program that takes it has no window to fit into.
    (console if console.is_terminal else Console(width=NO_WINDOW)).print(shown)
