"""Markdown tables of figures."""

from collections.abc import Mapping, Sequence

from tests.bench.quality.metrics import Figures, over_folds

HEADS = {
    "accuracy": "accuracy %",
    "macro_f1": "macro F1 %",
    "auroc": "AUROC",
    "accept": "accepted %",
    "false_accept": "falsely accepted %",
    "ece": "ECE %",
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; every row has as many cells as the head. Raises ValueError where one has not."""
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"a row of {len(row)} cells does not fit a head of {len(head)}: {row}")
    return [_line(head), "|" + "---|" * len(head), *map(_line, rows), ""]


def share(value: float | None) -> str:
    """A share 0..1 in percent; a dash for what was not measured."""
    return "-" if value is None else f"{100 * value:.1f}"


def pair(values: Sequence[float]) -> str:
    """Two times in milliseconds."""
    return " / ".join(f"{value:.1f}" for value in values)


def intent_table(methods: Mapping[str, Sequence[Figures]]) -> list[str]:
    """A row a method; the mean over its folds, and the lowest and highest of several."""
    several = any(len(measured) > 1 for measured in methods.values())
    head = ["method", *(["folds"] if several else []), *HEADS.values()]
    rows = []
    for name, measured in methods.items():
        values = over_folds(measured)
        cells = [_spread(values[key], key) if key in values else "-" for key in HEADS]
        rows.append([name, *([str(len(measured))] if several else []), *cells])
    return table(head, rows)


def _spread(values: Sequence[float], key: str) -> str:
    def one(value: float) -> str:
        return f"{value:.3f}" if key == "auroc" else share(value)

    mean = one(sum(values) / len(values))
    return mean if len(values) == 1 else f"{mean} ({one(min(values))} to {one(max(values))})"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
