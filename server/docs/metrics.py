"""`docs/metrics.md`, from the registry."""

from server.docs.markdown import code, table
from server.watch.metrics import Metrics

HEAD = """# Metrics

Generated from `server/watch/metrics.py`; do not edit. Who may read them, and alert rules: [operations](operations.md).

No label holds a name, a number or a word of anybody: all values come from short lists that the code knows."""

PROCESS = """## The process

The client library adds, under the names that every program uses: `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_cpu_seconds_total`, `process_open_fds`, `process_max_fds` and
`process_start_time_seconds` (Linux)."""


def metrics_page() -> str:
    """The page as text."""
    rows = [
        (code(one.name), one.kind, ", ".join(map(code, one.labels)) or "–", one.text) for one in Metrics().instruments
    ]
    return "\n".join([HEAD, "", *table(("Name", "Kind", "Labels", "Meaning"), rows), "", PROCESS, ""])
