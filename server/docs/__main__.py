"""`python -m server.docs [--check]`."""

import sys
from pathlib import Path

from server.docs.pages import stale_pages, write_pages


def main() -> None:
    """Write the generated pages, or check that they are fresh."""
    root = Path(__file__).resolve().parent.parent.parent
    if sys.argv[1:] == ["--check"]:
        if stale := stale_pages(root):
            sys.exit(f"stale, run `make generate`: {', '.join(stale)}")
    elif sys.argv[1:]:
        sys.exit("usage: python -m server.docs [--check]")
    else:
        write_pages(root)


if __name__ == "__main__":
    main()
