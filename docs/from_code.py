"""What pages of the site take from the code, so that they cannot say anything else.

A page says `<!-- from code: settings -->`; the Markdown made here stands in its place.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel

from graduation_model.params import Label

PLACE = re.compile(r"<!-- from code: (\w+) -->")
KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    NoneType: "nothing",
    Label: "words, `{id: …, en: …}`",
}
LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def fill_in(app: object, docname: str, source: list[str]) -> None:
    """Put what the code says in the places that a page keeps for it (Sphinx's event `source-read`)."""
    source[0] = PLACE.sub(lambda place: PARTS[place[1]](), source[0])


# --- commands


def commands() -> str:
    """Every command: what it does, its options, an example."""
    from graduation_model.cli import main_group

    return "\n\n".join(_command(name, command) for name, command in _leaves(main_group))


def _leaves(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, *above, name)
        else:
            yield " ".join((*above, name)), command


def _command(name: str, command: click.Command) -> str:
    arguments = [f"`{parameter.human_readable_name}`" for parameter in command.params if not _is_option(parameter)]
    parts = [
        f"## {name}",
        inspect.cleandoc(command.help or ""),
        f"```sh\n{getattr(command, 'example', '')}\n```",
        f"Takes {', '.join(arguments)}, and:" if arguments else "",
        *(_option(parameter) for parameter in command.params if isinstance(parameter, click.Option)),
    ]
    return "\n\n".join(part for part in parts if part)


def _is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


def _option(option: click.Option) -> str:
    choices = " or ".join(f"`{choice}`" for choice in getattr(option.type, "choices", ()))
    shown = option.to_info_dict().get("default")
    default = (
        f"default `{shown}`" if isinstance(shown, str | int | float) and not option.is_flag and shown != "" else ""
    )
    facts = [fact for fact in ("required" if option.required else "", choices, default) if fact]
    return f"`{', '.join(option.opts)}`\n: {option.help or ''}" + (f" ({'; '.join(facts)})" if facts else "")


# --- functions


def functions() -> str:
    """Every public function with its docstring, and what it returns."""
    import graduation_model

    return "\n\n".join(_function(f"graduation_model.{name}") for name in graduation_model.__all__)


def explanation() -> str:
    """The public functions of the explanation room."""
    return "\n\n".join(_function(f"graduation_model.explanation.{name}") for name in ("exact_shap", "contributions"))


def _function(where: str) -> str:
    room, name = where.rsplit(".", 1)
    function = getattr(import_module(room), name)
    # Looked up by its name: other annotations may name what is imported for type checkers alone.
    result = getattr(import_module(function.__module__), str(function.__annotations__.get("return")), None)
    also = f".. autoclass:: {result.__module__}.{result.__name__}\n" if is_dataclass(result) else ""
    return f"## {name}\n\n```{{eval-rst}}\n.. autofunction:: {where}\n\n{also}```"


# --- settings


def settings() -> str:
    """Every setting of `programme.yaml`, by section; a kind that several sections use stands where it is used first."""
    from graduation_model.config import Settings

    sections = {
        name: model for name, field in Settings.model_fields.items() for model in list(_models(field.annotation))[:1]
    }
    seen = set(sections.values())
    parts = ["## On the first level", _fields(Settings)]
    for name, model in sections.items():
        parts += [f"## {name}", _summary(model), _fields(model), *_nested(model, seen)]
    return "\n\n".join(parts)


def instrument() -> str:
    """Every key of `instrument.yaml`."""
    from graduation_model.contract.instrument import Instrument

    return _file(Instrument)


def codebook() -> str:
    """Every key of a codebook."""
    from graduation_model.ingest.params import Codebook

    return _file(Codebook)


def mapping() -> str:
    """Every key of `mapping.yaml`."""
    from graduation_model.ingest.mapping import Mapping as File

    return _file(File)


def _file(model: type[BaseModel]) -> str:
    return "\n\n".join([_fields(model), *_nested(model, {model})])


def _nested(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            if inner not in seen:
                seen.add(inner)
                yield f"### {_heading(inner)}\n\n{_summary(inner)}\n\n{_fields(inner)}"
                yield from _nested(inner, seen)


def _heading(model: type[BaseModel]) -> str:
    """A name that is one page's own: two rooms have a Condition."""
    return f"{_name(model)} ({model.__module__.split('.')[1]})"


def _name(model: type[BaseModel]) -> str:
    return model.__name__.removesuffix("Params")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings that a type holds; words in both languages need no explanation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Label:
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _summary(model: type[BaseModel]) -> str:
    from numpydoc.docscrape import NumpyDocString

    said = NumpyDocString(inspect.getdoc(model) or "")
    return _code(" ".join([*said["Summary"], *said["Extended Summary"]]))


def _fields(model: type[BaseModel]) -> str:
    said = _said(model)
    return "\n\n".join(
        f"`{name}`\n: {' '.join(filter(None, (_facts(field), said.get(name))))}"
        for name, field in model.model_fields.items()
    )


def _said(model: type[BaseModel]) -> Mapping[str, str]:
    """Setting -> what the docstrings of its class, and of those that it inherits from, say of it."""
    from numpydoc.docscrape import NumpyDocString

    said: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if issubclass(ancestor, BaseModel) and ancestor is not BaseModel:
            for entry in NumpyDocString(inspect.cleandoc(ancestor.__doc__ or ""))["Parameters"]:
                said |= dict.fromkeys(entry.name.split(", "), _code(" ".join(entry.desc)))
    return said


def _code(words: str) -> str:
    return words.replace("``", "`").replace("<", "\\<")


def _facts(field: Any) -> str:
    limits = [
        f"{words} {getattr(rule, key):g}"
        for rule in field.metadata
        for key, words in LIMITS.items()
        if isinstance(getattr(rule, key, None), int | float)
    ]
    facts = [" ".join([_kind(field.annotation), *limits]), _default(field)]
    return f"*{'; '.join(fact for fact in facts if fact)}.*"


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel) or value in ((), {}, frozenset()):
        return ""
    if isinstance(value, bool):
        return f"default `{str(value).lower()}`"
    if isinstance(value, str | int | float):
        return f"default `{value}`"
    if isinstance(value, tuple) and all(isinstance(item, str | int | float) for item in value):
        return f"default `[{', '.join(map(str, value))}]`"
    return "has a default"


def _kind(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_kind(kind) for kind in inner if kind is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        return f"list of {_kind(inner[0])}" if len(inner) == 2 and inner[1] is ... else " and ".join(map(_kind, inner))
    if origin is dict:
        return f"{_kind(inner[0])} → {_kind(inner[1])}"
    if origin is not None and inner:  # Annotated and its like
        return _kind(inner[0])
    if annotation not in KINDS and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _name(annotation)
    return KINDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


# --- columns


def decisions() -> str:
    """The columns of `decisions`."""
    from graduation_model.contract.schemas import DECISIONS

    return _columns(DECISIONS)


def grants() -> str:
    """The columns of `uep`."""
    from graduation_model.contract.schemas import UEP

    return _columns(UEP)


def _columns(questions: Any) -> str:
    return "\n\n".join(
        f"`{question.name}`\n: "
        + " ".join(
            [
                f"*{question.kind.replace('_', ' or ')}{'; required' if question.need == 'required' else ''}.*",
                *([" or ".join(f"`{value.name}`" for value in question.values)] if question.values else []),
            ]
        )
        for question in questions
    )


PARTS = {
    part.__name__: part
    for part in (commands, functions, explanation, settings, instrument, codebook, mapping, decisions, grants)
}
