"""The HTML table that pages share."""

from streamlit.testing.v1 import AppTest


def test_a_table_names_its_rows_and_columns_and_escapes_every_cell() -> None:
    script = 'from pages.ui.table import show_table\nshow_table("All <b>", ["Name", "Size"], [["<i>x</i>", "3 & 4"]])'
    html = AppTest.from_string(script).run().html[0].value
    assert 'role="region" aria-label="All &lt;b&gt;" tabindex="0"' in html
    assert '<th scope="col" role="columnheader">Name</th><th scope="col" role="columnheader">Size</th>' in html
    assert '<th scope="row" role="rowheader">&lt;i&gt;x&lt;/i&gt;</th>' in html
    assert '<td role="cell" data-column="Size">3 &amp; 4</td></tr>' in html
