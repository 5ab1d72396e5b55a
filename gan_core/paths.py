"""Locates the app and the models: in a checkout beside `gan_core`, in an installed wheel in `gan_atelier` beside it."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
APP_SCRIPT = "streamlit_app.py"
INSTALLED_ROOT = PACKAGE.parent / "gan_atelier"  # as pyproject.toml lays out the wheel

# Holds streamlit_app.py, pages and checkpoints.
PROJECT_ROOT = INSTALLED_ROOT if (INSTALLED_ROOT / APP_SCRIPT).is_file() else PACKAGE.parent


def app_script() -> Path:
    """The script that Streamlit runs. Raises FileNotFoundError where this copy of the package came without the app."""
    script = PROJECT_ROOT / APP_SCRIPT
    if not script.is_file():
        raise FileNotFoundError(
            f"The app is missing: {script} does not exist. Run a whole checkout, or install the wheel of gan-atelier."
        )
    return script
