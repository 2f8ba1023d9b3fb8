"""Short views of large objects: a line for ``repr``, a small table for notebooks; counts, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


class Summarised:
    """Give a class a short ``repr`` and a small table in notebooks, from what ``_summary`` returns."""

    __slots__ = ()

    def _summary(self) -> Mapping[str, object]:
        """Return what the views show, by name: counts and names, never the rows of a table."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Return one short line."""
        return line(type(self).__name__, self._summary())

    def _repr_html_(self) -> str:
        """Return a small table, for notebooks."""
        return html_table(type(self).__name__, self._summary())


def line(title: str, summary: Mapping[str, object]) -> str:
    """Return a summary on one line.

    >>> line("Linked", {"linked": 3, "rejected": 1})
    '<Linked: linked 3, rejected 1>'
    """
    return f"<{title}: {', '.join(f'{name} {value}' for name, value in summary.items())}>"


def html_table(title: str, summary: Mapping[str, object]) -> str:
    """Return a summary as a small HTML table.

    >>> html_table("Linked", {"linked": 1200})
    '<table><caption>Linked</caption><tr><th>linked</th><td>1200</td></tr></table>'
    """
    rows = (
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in summary.items()
    )
    return f"<table><caption>{escape(title)}</caption>{''.join(rows)}</table>"
