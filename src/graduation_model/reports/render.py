"""A template's name and a plain dict in, a page out. Everything is escaped; a name that is not there is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from graduation_model.params import LANGUAGES, Label, Language
from graduation_model.wording import text

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@cache
def _environment(language: Language) -> Environment:
    """What the templates of one language are compiled in: its fixed sentences, `"key"|t`, are put in once, then."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("graduation_model.reports", "templates"),
        # Markdown has no place for HTML's escapes: its own signs are taken care of by the filter `cell`.
        autoescape=lambda name: not (name or "").endswith(".md.j2"),  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # What pages are made of are mappings: their items are looked for before attributes, which they seldom have.
    made.getattr = made.getitem  # type: ignore[method-assign,assignment]
    made.filters["cell"] = markdown_cell
    made.filters["t"] = partial(text, language=language)
    made.globals["language"] = language
    return made


def markdown_cell(value: object) -> str:
    """Return a text that stays within its cell of a Markdown table, and starts no list and no emphasis.

    Examples
    --------
    >>> markdown_cell("a | b*")
    'a \\\\| b\\\\*'
    """
    return re.sub(r"([|*_`<>])", r"\\\1", " ".join(str(value).split()))


@cache
def _template(name: str, language: Language) -> Template:
    return _environment(language).get_template(name)


def render(name: str, page: Mapping[str, Any], language: Language) -> str:
    """Return one page.

    Parameters
    ----------
    name : str
        A file of `templates/`.
    page : mapping
        What the page says; the template reads it as `page`, its language as `language`, and a sentence by `"key"|t`.
    """
    return _template(name, language).render(page=page)


def page_place(name: str, language: Language) -> str:
    """Return where a page, or a folder of them, stands in an output folder: one language at the root, the other below.

    Examples
    --------
    >>> page_place("check.html", "id"), page_place("check.html", "en")
    ('check.html', 'en/check.html')
    """
    return name if language == LANGUAGES[0] else f"{language}/{name}"


def twin_link(name: str, language: Language) -> dict[str, str]:
    """Return the link from such a page to the same in the other language.

    Examples
    --------
    >>> twin_link("check.html", "id")["to"], twin_link("check.html", "en")["to"]
    ('en/check.html', '../check.html')
    """
    other = LANGUAGES[1] if language == LANGUAGES[0] else LANGUAGES[0]
    to = page_place(name, other) if language == LANGUAGES[0] else f"../{name}"
    return {"to": to, "words": text("common.language", other), "language": other}


def safe_json(value: object) -> str:
    """Return JSON that may stand in a script element: no character can end the element or open another.

    Examples
    --------
    >>> safe_json(["</script>"])
    '["\\\\u003c/script\\\\u003e"]'
    """
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def render_both(name: str, title: Label, say: Callable[[Language], Mapping[str, Any]]) -> str:
    """Return one page that holds both languages and a switch between them.

    Parameters
    ----------
    name : str
        A file of `templates/`.
    title : Label
        The programme's.
    say : callable
        Language -> what that language's part says.
    """
    page = {
        "programme": title.in_(LANGUAGES[0]),
        "simulated": False,  # each part has a stamp of its own
        "links": [],
        "parts": [say(language) for language in LANGUAGES],
        "switch": [{"language": language, "words": text("common.language", language)} for language in LANGUAGES],
    }
    return render(name, page, LANGUAGES[0])
