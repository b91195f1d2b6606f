"""Which saved assessment an export was made from, so that its edited copy finds the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """The assessment's id and the version of each answer's row by question id; a question without one was never answered."""

    assessment_id: str
    versions: Mapping[str, int] = field(default_factory=dict)


NO_ORIGIN = Origin("")
