"""An HTML table with a header row and a header column."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st


def show_table(aria_label: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows of text, all escaped; the first cell of a row names it.

    On a screen of at most 640 pixels each row is a block, with a line for each cell that begins with its column's name.
    The roles are stated because browsers drop those of a table that is shown as blocks.
    """
    head = "".join(f'<th scope="col" role="columnheader">{escape(column)}</th>' for column in columns)
    body = "".join(row_html(columns, row) for row in rows)
    st.html(
        f'<div class="atelier-table" role="region" aria-label="{escape(aria_label)}" tabindex="0">'
        f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def row_html(columns: Sequence[str], row: Sequence[str]) -> str:
    cells = "".join(
        f'<td role="cell" data-column="{escape(column)}">{escape(cell)}</td>'
        for column, cell in zip(columns[1:], row[1:], strict=True)
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{escape(row[0])}</th>{cells}</tr>'
