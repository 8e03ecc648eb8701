"""The base of every setting: frozen, closed to keys it does not know, and read from YAML with errors a person mends."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graduation_model.errors import ConfigError, pass_on_want_of_memory

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")
M = TypeVar("M", bound=BaseModel)

_MOST_BYTES = 5_000_000


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


def read_params(path: Path, model: type[M]) -> M:
    """Return the settings that stand in a YAML file.

    Raises
    ------
    ConfigError
        Naming the file, the line or the path of the setting inside it, and how to mend it.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"The file is longer than {_MOST_BYTES:,} bytes", where=path, mend="Is it the right one?")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        pass_on_want_of_memory(error)
        raise ConfigError(
            "The file cannot be read", where=path, mend="Check its name, and your rights to it"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("The file is no text in UTF-8", where=path, mend="Save it again as UTF-8") from error
    try:
        # YAML 1.2, pure: a bare `no` stays text, a key written twice is an error, and no tag can build an object.
        content = YAML(typ="safe", pure=True).load(text)
    except Exception as error:  # a broken file also ends in ValueErrors (31 February), or nested too deep to be read
        pass_on_want_of_memory(error)
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it is no YAML"
        raise ConfigError(f"The file does not parse{line}: {reason}", where=path, mend="Mend that line") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _as_config_error(path, error) from error


def _as_config_error(path: Path, error: ValidationError) -> ConfigError:
    # A misspelt key also makes the right one missing: the misspelling is what can be mended.
    errors = sorted(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    first, more = errors[0], len(errors) - 1
    place = ".".join(str(part) for part in first["loc"]) or "the whole file"
    also = f" ({more} more like it)" if more else ""
    mends = {
        "extra_forbidden": (f"'{place}' is not a setting", "Remove it, or mend its spelling"),
        "missing": (f"'{place}' is missing", "Add it"),
    }
    what, mend = mends.get(
        first["type"], (f"'{place}': {first['msg'].removeprefix('Value error, ')}", "Mend this setting")
    )
    return ConfigError(what + also, where=path, mend=mend)
