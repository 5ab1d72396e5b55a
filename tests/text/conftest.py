"""Fixtures of the tests of text encoders."""

from pathlib import Path

import pytest

NOUN_FILE = """\
  1 This software and database is being provided to you, the LICENSEE, under a licence.
00000100 06 n 02 case 0 casing 0 000 | a portable container
00000200 06 n 03 wallet 0 billfold 0 pocket_book 1 001 @ 00000100 n 0000 | a pocket-size case for papers; "he lost it"
00000300 21 n 01 wallet 1 000 | the money that one has
00000400 07 n 02 crimson 0 deep_red 0 001 @ 00000500 n 0000 | a deep and vivid red color
00000500 07 n 01 red 0 000 | the quality of the color of blood
"""
ADJECTIVE_FILE = """\
00000100 00 s 02 crimson 0 violent(a) 0 001 & 00000200 a 0000 | marked by bloodshed; "crimson years"
00000200 00 a 01 bloody 0 000 | having blood upon it
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    (tmp_path / "data.noun").write_text(NOUN_FILE)
    (tmp_path / "data.adj").write_text(ADJECTIVE_FILE)
    return tmp_path
