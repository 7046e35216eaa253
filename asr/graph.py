"""Where the composed graph of a speech model lies."""

from pathlib import Path

GRAPH = "HCLG.fst"
WORDS = "words.txt"


def graph_folder(model: Path) -> Path:
    """Holds `GRAPH` and `WORDS` once `tici models compose` has made them; beside the model, which stays as it came."""
    return model.parent / "graphs" / model.name
