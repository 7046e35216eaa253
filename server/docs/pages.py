"""The list of generated pages, and comparing them with what lies in the repository."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from server.docs.cli import cli_page
from server.docs.connectors import connectors_page
from server.docs.metrics import metrics_page
from server.docs.protocol import protocol_page
from server.docs.settings import settings_page
from server.wire.export import schema_text

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/settings.md": settings_page,
        "docs/protocol.md": protocol_page,
        "docs/metrics.md": metrics_page,
        "docs/cli.md": cli_page,
        "docs/connect/README.md": connectors_page,
        "web/wire.schema.json": schema_text,
    }
)
"""Each generated file by its path in the repository, and what makes its text."""


def stale_pages(root: Path) -> list[str]:
    """Paths of pages that are missing below `root` or differ from what the code says now."""
    return [path for path, make in PAGES.items() if _read(root / path) != make()]


def write_pages(root: Path) -> None:
    """Write every page below `root`."""
    for path, make in PAGES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(make(), encoding="utf-8")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
