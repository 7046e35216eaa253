"""`docs/settings.md`, from the settings class."""

from server.docs.fields import default_of, type_of
from server.docs.markdown import code, table
from server.settings import Settings

HEAD = """# Settings

Generated from `server/settings.py`; do not edit.

Every setting is an environment variable, or a line of the file `.env` in the folder that Tici is started from.
Lists are JSON, such as `["zh", "en"]`. A wrong value stops the start with a message that names the variable."""


def settings_page() -> str:
    """The page as text; raises `ValueError` when a setting has no description."""
    rows = []
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise ValueError(f"setting {name!r} has no description")
        rows.append((code(f"TICI_{name.upper()}"), type_of(field), default_of(field), field.description))
    return "\n".join([HEAD, "", *table(("Variable", "Type", "Default", "Meaning"), rows), ""])
