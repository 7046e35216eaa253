"""Pages of `docs/` that are generated from the code: settings, protocol, command line, and the wire's schema.

`python -m server.docs` writes them; with `--check` it only says which are stale.
"""

from server.docs.pages import PAGES, stale_pages, write_pages

__all__ = ["PAGES", "stale_pages", "write_pages"]
