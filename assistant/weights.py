"""Trained weights that belong to one embedding model: the relevance gate and the follow-up detector.

Files live in `assistant/calibration/<model>.json`, or in the data folder's `calibration/` for models calibrated by the user.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import AssistantError

SHIPPED = Path(__file__).parent / "calibration"
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """Plain logistic regressions; rows of `gate` are the classes of `gate_classes`."""

    model: str
    calibrated_on: int  # questions
    gate_classes: list[str]
    gate: list[list[float]]
    gate_bias: list[float]
    feature_names: list[str]
    feature_mean: list[float]
    feature_scale: list[float]
    follow_up: list[float]
    follow_up_bias: float
    loss_across: float = 0.0  # what a cosine loses when question and passage are in different languages


def load_weights(model: str, home: Path) -> Weights:
    """The weights of an embedding model. Raises AssistantError `not_calibrated` when there are none."""
    for folder in (home / "calibration", SHIPPED):
        path = folder / file_name(model)
        if path.exists():
            weights = Weights(**json.loads(path.read_text(encoding="utf-8")))
            if weights.model == model:
                return weights
    raise AssistantError("not_calibrated", model=model)


def save_weights(weights: Weights, folder: Path) -> Path:
    """Write the weights of a model; numbers keep five digits."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(weights.model)
    path.write_text(json.dumps(_rounded(asdict(weights))), encoding="utf-8")
    return path


def file_name(model: str) -> str:
    """A model's file name: hub names have slashes."""
    return f"{model.replace('/', '--')}.json"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value
