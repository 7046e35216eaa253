"""The installed version."""

from importlib.metadata import version as installed


def version() -> str:
    """As pyproject.toml states it."""
    return installed("tici")
