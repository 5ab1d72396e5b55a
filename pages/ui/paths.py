"""Paths of the app's files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.svg")
