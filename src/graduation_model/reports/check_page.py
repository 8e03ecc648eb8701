"""What the check found in, a page that says how to mend it out; no household's value stands on it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from graduation_model.contract.findings import IDENTICAL
from graduation_model.contract.instrument import Instrument
from graduation_model.contract.tables import Tables
from graduation_model.params import Label, Language
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.render import render, twin_link
from graduation_model.wording import has_text, number, percent, text

_SAME = ["source_file", "column", "question", "rule", "expected", "mend", "effect"]
# What a manifest counts beside the tables: done at the door, families found again, findings.
DOOR = {"privacy": "dropped", "masked": "masked", "pseudonyms": "pseudonyms"}
NO_ANSWER = ("does_not_know", "refused")
LEFT_OUT = ("not_believed", "ignored_sheets", "ignored_repeats", "ignored_columns", "absent_questions")
_NO_TABLES = {*DOOR, *NO_ANSWER, *LEFT_OUT, "linkage", "findings"}
MOST_ROWS, MOST_FACILITATORS, MOST_WARNINGS, MOST_RULES = 8, 25, 40, 3


def check_page(
    tables: Tables, *, title: Label, instrument: Instrument, language: Language, simulated: bool = False
) -> str:
    """Return the page of one check.

    Parameters
    ----------
    tables : Tables
        What was read, set aside, flagged and found.
    title : Label
        The programme's.
    instrument : Instrument
        Puts questions, answers and the rules that the programme declares into words.
    language : Language
        Indonesian is expected at `check.html`, English at `en/check.html`; the two are linked.
    simulated : bool
        Stamped on the page.
    """
    page = check_dict(tables, title=title, instrument=instrument, language=language, simulated=simulated)
    return render("check.html.j2", page, language)


def check_dict(
    tables: Tables, *, title: Label, instrument: Instrument, language: Language, simulated: bool = False
) -> dict[str, Any]:
    """Return what the page of a check says.

    Returns
    -------
    dict
        lead, doubts (a sentence), tables (counts by table), warnings, by_rule, by_facilitator, by_wave, privacy,
        linkage, no_answer, left_out, findings (one a file, column and rule: words, count, example rows).
    """
    words = CheckWords(instrument, language)
    quarantine = tables.quarantine.assign(doubt=tables.quarantine["rule"].isin(words.doubts))
    doubts = int(quarantine["doubt"].sum())
    cells = len(quarantine) - doubts
    return {
        "programme": title.in_(language),
        "simulated": simulated,
        "links": [twin_link("check.html", language)],
        "clean": cells == 0,
        "lead": text("check.lead_found", language, cells=number(cells, language))
        if cells
        else text("check.lead_clean", language),
        "doubts": text("check_page.lead_doubts", language, cells=number(doubts, language)) if doubts else "",
        "tables": [
            _counted(table, counted, language) for table, counted in tables.counts.items() if table not in _NO_TABLES
        ],
        "warnings": _warnings(tables.findings, words),
        "more_warnings": _more(len(tables.findings) - MOST_WARNINGS, language),
        "by_rule": _by_rule(quarantine, words),
        "by_wave": _by_wave(quarantine, tables.findings, language),
        "by_facilitator": _by_facilitator(quarantine, tables.findings, words),
        "privacy": _privacy(tables.counts, language),
        "linkage": _linkage(tables.counts.get("linkage", {}), language),
        "no_answer": _no_answer(tables.counts, words),
        "left_out": _left_out(tables.counts, words),
        "findings": _findings(quarantine, words),
    }


def _counted(table: str, counted: dict[str, int], language: Language) -> dict[str, Any]:
    counts = [{"words": _known("counts", what, language), "count": number(n, language)} for what, n in counted.items()]
    return {"name": _known("table", table, language), "counts": counts}


def _known(family: str, code: str, language: Language) -> str:
    key = f"{family}.{code}"
    return text(key, language) if has_text(key) else code


def _more(count: int, language: Language) -> str:
    return text("check_page.more_warnings", language, count=number(count, language)) if count > 0 else ""


def _warnings(found: pd.DataFrame, words: CheckWords) -> list[dict[str, str]]:
    return [
        {
            "warning": text(f"finding.{row['rule']}", words.language),
            "where": _where(row, words),
            "said": words.finding(row),
            "mend": text(f"finding_mend.{row['rule']}", words.language),
        }
        for row in found.head(MOST_WARNINGS).to_dict(orient="records")
    ]


def _where(row: dict[str, Any], words: CheckWords) -> str:
    """The question, file, facilitator, wave and rows that a finding is about, as far as it is about one."""
    named = [words.question(row["column"])] if row["column"] else []
    named += [row["source_file"]] if row["source_file"] else []
    if row["facilitator_id"]:
        named.append(f"{text('check_page.facilitator', words.language)} {row['facilitator_id']}")
    if not pd.isna(row["wave"]):
        named.append(str(row["wave"]))
    if row["rule"] == IDENTICAL:
        named.append(row["detail"])
    return "; ".join(named)


def _by_rule(quarantine: pd.DataFrame, words: CheckWords) -> list[dict[str, str]]:
    counted = quarantine.value_counts(["rule", "effect"]).reset_index()
    return [
        {
            "rule": words.fault(row["rule"]),
            "effect": words.effect(row["effect"], row["rule"]),
            "count": number(row["count"], words.language),
        }
        for row in counted.to_dict(orient="records")
    ]


def _by_wave(quarantine: pd.DataFrame, found: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    table = _mend_and_doubt(quarantine, "wave").join(found["wave"].value_counts().rename("warned"), how="outer")
    return [
        {
            "wave": text("check_page.unknown_wave", language) if pd.isna(wave) else str(wave),
            **{name: number(row[name], language) for name in ("to_mend", "doubtful", "warned")},
        }
        for wave, row in table.fillna(0).sort_index(na_position="last").iterrows()
    ]


def _mend_and_doubt(quarantine: pd.DataFrame, by: str) -> pd.DataFrame:
    counts = quarantine.groupby(by, dropna=False)["doubt"].agg(["size", "sum"])
    return pd.DataFrame({"to_mend": counts["size"] - counts["sum"], "doubtful": counts["sum"]})


def _by_facilitator(quarantine: pd.DataFrame, found: pd.DataFrame, words: CheckWords) -> dict[str, Any]:
    """The facilitators with most findings, and what they are: a list of work, small numbers included."""
    if not (quarantine["facilitator_id"].notna().any() or (found["facilitator_id"] != "").any()):
        return {"rows": [], "more": ""}
    cells = quarantine.assign(facilitator_id=quarantine["facilitator_id"].fillna(""))
    warned = found.loc[found["facilitator_id"] != "", "facilitator_id"].value_counts().rename("warned")
    table = _mend_and_doubt(cells, "facilitator_id").join(warned, how="outer").fillna(0).astype("int64")
    table = table.assign(all=table.sum(axis=1)).rename_axis("facilitator_id").reset_index()
    table = table.sort_values(["all", "facilitator_id"], ascending=[False, True], kind="stable")
    shown = table.head(MOST_FACILITATORS)
    rules = cells[cells["facilitator_id"].isin(shown["facilitator_id"])].value_counts(["facilitator_id", "rule"])
    language = words.language
    rows = [
        {
            "facilitator": row["facilitator_id"] or text("check_page.unknown_facilitator", language),
            **{name: number(row[name], language) for name in ("to_mend", "doubtful", "warned")},
            "most_common": [
                f"{words.fault(str(rule))}: {number(count, language)}"
                for rule, count in _first(rules, row["facilitator_id"])
            ],
        }
        for row in shown.to_dict(orient="records")
    ]
    counts = {"shown": number(len(shown), language), "all": number(len(table), language)}
    return {
        "rows": rows,
        "more": text("check_page.more_facilitators", language, **counts) if len(table) > len(shown) else "",
    }


def _first(rules: pd.Series, facilitator: str) -> list[tuple[object, int]]:
    known = facilitator in rules.index.get_level_values(0)
    return list(rules.loc[facilitator].head(MOST_RULES).items()) if known else []


def _privacy(counts: dict[str, dict[str, int]], language: Language) -> list[dict[str, str]]:
    return [
        {"done": text(f"check_page.privacy_{words}", language), "column": column, "rows": number(rows, language)}
        for done, words in DOOR.items()
        for column, rows in counts.get(done, {}).items()
    ]


def _no_answer(counts: dict[str, dict[str, int]], words: CheckWords) -> list[dict[str, str]]:
    """Who does not know and who refused, a question a row, most often first."""
    said = pd.DataFrame({reason: pd.Series(counts.get(reason, {}), dtype="int64") for reason in NO_ANSWER}).fillna(0)
    said = said.loc[said.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    return [
        {"question": words.question(str(name).partition(".")[2])}
        | {reason: number(row[reason], words.language) for reason in NO_ANSWER}
        for name, row in said.iterrows()
    ]


def _left_out(counts: dict[str, dict[str, int]], words: CheckWords) -> list[dict[str, Any]]:
    """What of the files was not read, and what they do not ask."""
    return [
        {
            "what": text(f"check_page.{what}", words.language),
            "names": [
                words.question(name.partition(".")[2]) if what == LEFT_OUT[-1] else name for name in counts[what]
            ],
        }
        for what in LEFT_OUT
        if what in counts
    ]


def _linkage(linkage: dict[str, int], language: Language) -> list[str]:
    """The share of each year's families that the next year has too, as lines."""
    lines = []
    for name, found in linkage.items():
        if name.startswith("of_"):
            _, year, *_, later = name.split("_")
            of = linkage[f"families_{year}"]
            said = {"found": number(found, language), "of": number(of, language), "year": year, "later": later}
            share = percent(found / of, language, 1)
            lines.append(text("check_page.linkage_line", language, **said, share=share))
    return lines


def _findings(quarantine: pd.DataFrame, words: CheckWords) -> list[dict[str, Any]]:
    if quarantine.empty:
        return []
    grouped = quarantine.groupby(_SAME, sort=False, dropna=False)["source_row"]
    table = grouped.agg(count="size", rows=lambda rows: sorted(rows)[:MOST_ROWS]).reset_index()
    table = table.sort_values(["count", "source_file", "column"], ascending=[False, True, True], kind="stable")
    return [
        {
            "file": str(row["source_file"]),
            "column": str(row["column"]),
            "question": words.question(str(row["question"])),
            "rule": words.fault(str(row["rule"])),
            "expected": words.expected(str(row["expected"]), str(row["question"])),
            "mend": words.mend(str(row["rule"]), str(row["mend"])),
            "effect": words.effect(str(row["effect"]), str(row["rule"])),
            "count": number(row["count"], words.language),
            # A row's number is a place in a file, to be found again there: no thousands apart.
            "rows": ", ".join(str(place) for place in row["rows"]) + (" …" if row["count"] > MOST_ROWS else ""),
        }
        for row in table.to_dict(orient="records")
    ]
