"""The base of every setting: frozen, and closed to keys it does not know."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


class Params(BaseModel):
    """Settings of one room. Frozen, so that a run cannot change them; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Params):
    """One thing's name for people, in both languages of the house; a programme may add its own."""

    id: str
    en: str
    es: str | None = None

    def in_(self, language: Language) -> str:
        """Return the name in one language.

        Examples
        --------
        >>> Label(id="Lantai", en="Floor").in_("id")
        'Lantai'
        """
        return self.id if language == "id" else self.en
