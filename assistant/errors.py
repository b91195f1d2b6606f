"""Errors whose message is meant for the user and says what to do next."""

from __future__ import annotations


class AssistantError(Exception):
    """Shown to the user: `key` names a message in `strings/<lang>.yaml`, `values` fill its placeholders."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        """The key and its values, for logs; users read `i18n.explain(error, language)`."""
        return f"{self.key} {self.values}" if self.values else self.key
