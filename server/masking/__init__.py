"""Masking at the door: secrets leave a text before anything else sees it. Pure, one `Masker` per conversation."""

from server.masking.facts import masked_facts
from server.masking.kinds import MASK_VERSION, Kind, Masked, Span, TimedWord
from server.masking.masker import Masker

__all__ = ["MASK_VERSION", "Kind", "Masked", "Masker", "Span", "TimedWord", "masked_facts"]
