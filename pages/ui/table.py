"""An HTML table with a header row and a header column."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st


def show_table(aria_label: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows of text, all escaped; the first cell of a row names it. Where the window is narrow the table scrolls."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(row_html(row) for row in rows)
    st.html(
        f'<div class="atelier-table" role="region" aria-label="{escape(aria_label)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def row_html(row: Sequence[str]) -> str:
    name, *cells = (escape(cell) for cell in row)
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
