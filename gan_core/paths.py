"""The folder of the app and its checkpoints: that of the checkout, or `gan_atelier` beside an installed `gan_core`."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
APP_SCRIPT = "streamlit_app.py"
INSTALLED_ROOT = PACKAGE.parent / "gan_atelier"  # as pyproject.toml lays out the wheel

# The folder that holds streamlit_app.py, pages and checkpoints.
PROJECT_ROOT = INSTALLED_ROOT if (INSTALLED_ROOT / APP_SCRIPT).is_file() else PACKAGE.parent


def app_script() -> Path:
    """The script that Streamlit runs. Raises FileNotFoundError where the package was installed without the app."""
    script = PROJECT_ROOT / APP_SCRIPT
    if not script.is_file():
        raise FileNotFoundError(
            f"The app is missing: {script} does not exist. Run a whole checkout, or install the wheel of gan-atelier."
        )
    return script
