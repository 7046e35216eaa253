"""Query parameters that many doors share; what no database could count is refused with 422."""

from typing import Annotated

from fastapi import Query

Offset = Annotated[int, Query(ge=0, le=10_000_000)]
"""How many rows to pass over."""
Limit = Annotated[int, Query(ge=1, le=200)]
"""How many rows to show at most."""
Moment = Query(ge=0, le=1e11, allow_inf_nan=False)
"""Bounds of a time, Unix seconds."""
