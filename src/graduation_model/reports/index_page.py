"""Report inputs in, the searchable list of families out: one short array a family, read by the page itself.

A list that was made can be asked for one family, and made again without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.params import LANGUAGES, Language
from graduation_model.reports.audience import PARTS, Audience, sees
from graduation_model.reports.inputs import LISTED, STANDINGS, ReportInputs
from graduation_model.reports.render import safe_json
from graduation_model.wording import day, number, text

_DATA = re.compile(r'(?<=<script type="application/json" id="data">).*?(?=</script>)', re.DOTALL)
_LANGUAGE = re.compile(r'<html lang="([a-z]+)">')
# A row's length where there is no sheet: most families have none, and 50,000 of them count.
_WITHOUT_SHEET = 5
_PLACE = 2
_COUNT = re.compile(r"\(([\d.,]+)\)(?=</option>)")


def index_dict(
    inputs: ReportInputs,
    language: Language,
    audience: Audience = "reviewer",
    families: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Return what the list says.

    Parameters
    ----------
    inputs : ReportInputs
    language : Language
    audience : Audience
        Who is not shown the chance gets none in the data either, nor the order by rank that would betray it.
    families : frame, optional
        Some of `inputs.families`; default all.

    Returns
    -------
    dict
        programme, simulated, as_of, columns (which of them are shown), areas, facilitators, standings (code, words,
        count), n_families, and `data`: JSON of areas, standings, rows and, in `by`, every row's facilitator: the place
        in their list as two digits to the base 36, all rows in one string, since it travels 50,000 times. A row is [id,
        area, standing, chance in 100 or null, rank or null, waiting position or null, file]; area and standing are
        places in their lists, and file is 1 where it is the id itself. A family without a sheet has no file and no
        waiting position, and its row ends at the rank.
    """
    columns = {part: sees("index", part, audience) for part in PARTS["index"]}
    families = _told(inputs.families if families is None else families, columns)
    areas, area_codes = _areas(families, language)
    facilitators, by = _facilitators(families, inputs.facilitator if columns["facilitator"] else "", language)
    counts = families["standing"].value_counts()
    standings = [code for code in STANDINGS if counts.get(code, 0)]
    data = {
        "areas": areas,
        "standings": [text(f"standing.{code}", language) for code in standings],
        "codes": standings,
        "rows": _rows(families, area_codes, standings),
        "by": by,
    }
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "as_of": as_of_words(inputs, language),
        "columns": columns,
        "areas": list(enumerate(areas)),
        "facilitators": list(enumerate(facilitators)),
        "standings": [
            {"place": place, "words": text(f"standing.{code}", language), "count": number(int(counts[code]), language)}
            for place, code in enumerate(standings)
        ],
        "n_families": len(families),
        "data": safe_json(data),
    }


def _told(families: pd.DataFrame, columns: Mapping[str, bool]) -> pd.DataFrame:
    """Families as an audience may know them: without chance and rank, they stand by place on the list and by id."""
    if columns["chance"] and columns["rank"] and columns["position"]:
        return families
    order = pd.Categorical(families["standing"], categories=list(STANDINGS), ordered=True)
    blank = families.assign(probability=np.nan, rank=pd.NA, waiting_list_position=pd.NA, order=order)
    return blank.sort_values(["order", "household_id"], kind="stable", ignore_index=True)


def as_of_words(inputs: ReportInputs, language: Language) -> str:
    """Return the scores' as-of date in a phrase; nothing where nobody was scored."""
    if inputs.scores.empty:
        return ""
    return text("common.as_of", language, date=day(inputs.scores["as_of_date"].iloc[0], language))


def _areas(families: pd.DataFrame, language: Language) -> tuple[list[str], list[int]]:
    names = families["area_name"].replace("", text("index.unknown_area", language))
    areas = sorted(names.unique(), key=str.casefold)
    return areas, pd.Categorical(names, categories=areas).codes.tolist()


def _facilitators(families: pd.DataFrame, column: str, language: Language) -> tuple[list[str], str]:
    """Who visited, and whose each family is; nobody where the scores do not say."""
    if column not in families:
        return [], ""
    names = families[column].astype("str").where(families[column].notna(), text("index.unknown_facilitator", language))
    everyone = sorted(names.unique(), key=str.casefold)
    if len(everyone) > 36**_PLACE:  # nobody chooses from so long a list
        return [], ""
    places = np.array([np.base_repr(place, 36).lower().zfill(_PLACE) for place in range(len(everyone))])
    return everyone, "".join(places[pd.Categorical(names, categories=everyone).codes])


def _rows(families: pd.DataFrame, area_codes: list[int], standings: list[str]) -> list[list[Any]]:
    ids = families["household_id"].astype("str").tolist()
    chance = np.floor((families["probability"] * 100).clip(1, 99) + 0.5)
    chance = chance.where(families["standing"] != "cannot_say")
    has_sheet = families["standing"].isin(LISTED).tolist()
    files = [1 if file == name else file for file, name in zip(families["file"], ids, strict=True)]
    places = pd.Categorical(families["standing"], categories=standings).codes.tolist()
    columns = (
        ids,
        area_codes,
        places,
        _whole(chance),
        _whole(families["rank"]),
        _whole(families["waiting_list_position"]),
        files,
    )
    rows = zip(*columns, strict=True)
    return [list(row if sheet else row[:_WITHOUT_SHEET]) for row, sheet in zip(rows, has_sheet, strict=True)]


def _whole(values: pd.Series) -> list[int | None]:
    numbers = values.astype("Float64")
    return [
        None if missing else int(value)
        for value, missing in zip(numbers.fillna(0).to_numpy(dtype=float), numbers.isna(), strict=True)
    ]


def file_in_index(page: str, household: str) -> str | None:
    """Return the file name (without ending) of a family's sheet; '' where it has none, None where it is not listed.

    Parameters
    ----------
    page : str
        An `index.html` as it was written.
    household : str
    """
    row = next((row for row in _data_of(page).get("rows", []) if row[0] == household), None)
    if row is None:
        return None
    if len(row) <= _WITHOUT_SHEET:
        return ""
    return household if row[-1] == 1 else str(row[-1])


def index_without(page: str, household: str) -> str:
    """Return a list without one family: its row is gone, and the count of its standing is one less."""
    data = _data_of(page)
    at, row = next((place, row) for place, row in enumerate(data["rows"]) if row[0] == household)
    del data["rows"][at]
    data["by"] = data["by"][: at * _PLACE] + data["by"][(at + 1) * _PLACE :]
    shorter = _DATA.sub(lambda _: safe_json(data), page, count=1)
    # The standings' choices come first on the page, in the order of their codes.
    counts = list(_COUNT.finditer(shorter))[: len(data["standings"])]
    language = next(known for known in LANGUAGES if known == _LANGUAGE.search(shorter)[1])  # type: ignore[index]
    place = counts[row[2]]
    left = number(int(re.sub(r"\D", "", place[1])) - 1, language)
    return shorter[: place.start(1)] + left + shorter[place.end(1) :]


def _data_of(page: str) -> dict[str, Any]:
    found = _DATA.search(page)
    data = json.loads(found[0]) if found else {}
    return data if isinstance(data, dict) else {}
