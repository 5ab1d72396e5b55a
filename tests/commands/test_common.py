"""What all commands share."""

import subprocess
import sys

PROGRAM = """
import os, sys
from gan_core.commands.common import muted_libraries
with muted_libraries():
    os.write(2, b"libtiff: short 1 bytes\\n")
    print("a hint", file=sys.stderr)
os.write(2, b"later\\n")
print("an error", file=sys.stderr)
"""


def test_only_python_prints_on_standard_error_while_libraries_are_muted() -> None:
    completed = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert completed.stderr.splitlines() == ["a hint", "later", "an error"]
