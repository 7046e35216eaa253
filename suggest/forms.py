"""The form in which texts reach the encoder: the same for training, serving and searching."""

from kb.text import normalise, search_form


def model_form(text: str) -> str:
    """Normalised, openers and fillers gone, unless nothing would be left ("你好" stays)."""
    return search_form(text) or normalise(text) or text.strip()
