"""What is odd about a column, a file or a facilitator rather than a cell: typed visits in, a row a finding out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.contract.params import CheckParams
from graduation_model.contract.tables import FINDINGS_COLUMNS, empty_findings

MISSING, MISSING_OF_FACILITATOR = "missing_answers", "missing_answers_of_facilitator"
IDENTICAL, SUSPECTED_CODEBOOK, NOT_CHECKED = "identical_answers", "suspected_codebook", "not_checked"
_MOST_PLACES = 8
# Two visits at which nearly nothing was answered are alike because of that.
_ANSWERED = 0.5


def findings(**columns: object) -> pd.DataFrame:
    """Return rows of the findings table; a column that is not given does not apply.

    Examples
    --------
    >>> table = findings(rule=["missing_answers"], column=["floor"], count=[3], of=[10])
    >>> table[["rule", "count", "wave"]].values.tolist()
    [['missing_answers', 3, <NA>]]
    """
    dtypes = empty_findings().dtypes
    table = pd.DataFrame(columns).reindex(columns=list(FINDINGS_COLUMNS))
    text = {name: table[name].astype("object").fillna("") for name in FINDINGS_COLUMNS if dtypes[name] == "str"}
    return table.assign(**text).astype(dtypes.to_dict())


def missing_answers(
    visits: pd.DataFrame, set_aside: pd.DataFrame, questions: Sequence[Question], params: CheckParams
) -> pd.DataFrame:
    """Return the expected questions that too many visits of a wave, or of one facilitator in it, do not answer.

    Parameters
    ----------
    visits : frame (n_visits, wave, questions and, if known, the facilitator)
        Kept visits. A question that another answer made pointless was not asked.
    set_aside : frame (n_visits, questions that had any)
        True where an answer stood there and failed: those are reported cell by cell.
    """
    expected = [question for question in questions if question.need == "expected" and question.name in visits]
    if not expected or visits.empty:
        return empty_findings()
    asked = pd.DataFrame({question.name: _asked(visits, question) for question in expected})
    answered = visits[list(asked)].notna() | set_aside.reindex(columns=list(asked), fill_value=False)
    missing = asked & ~answered
    found = [_too_many(missing, asked, visits[["wave"]], MISSING, params.missing_share, params.fewest)]
    if params.facilitator in visits:
        by = visits[["wave", params.facilitator]].rename(columns={params.facilitator: "facilitator_id"})
        limit = params.missing_share_facilitator
        # What hardly anybody asks is no one facilitator's habit.
        usual = missing.groupby(visits["wave"]).transform("sum") <= limit * asked.groupby(visits["wave"]).transform(
            "sum"
        )
        found.append(_too_many(missing & usual, asked & usual, by, MISSING_OF_FACILITATOR, limit, params.fewest))
    return pd.concat(found, ignore_index=True)


def _asked(visits: pd.DataFrame, question: Question) -> pd.Series:
    condition = question.asked_if
    if condition is None or condition.question not in visits:
        return pd.Series(True, index=visits.index)
    return visits[condition.question].astype("object") == condition.equals


def _too_many(
    missing: pd.DataFrame, asked: pd.DataFrame, by: pd.DataFrame, rule: str, limit: float, fewest: int
) -> pd.DataFrame:
    groups = [by[name] for name in by]
    count, of = (table.groupby(groups, observed=True).sum().stack() for table in (missing, asked))
    table = pd.DataFrame({"count": count, "of": of}).rename_axis([*by, "column"]).reset_index()
    table = table[(table["of"] >= fewest) & (table["count"] > limit * table["of"])]
    return findings(rule=rule, limit=limit, **{name: table[name] for name in table})


def identical_answers(
    visits: pd.DataFrame, places: pd.DataFrame, questions: Sequence[Question], params: CheckParams
) -> pd.DataFrame:
    """Return groups of families whose answers to everything are the same, at one facilitator in one wave.

    A facilitator who fills in forms at home copies one (curbstoning); the share of answers that two interviews have in
    common finds such copies (Kuriakose and Robbins, 2016), here the whole vector. Judgements, free text, dates and
    optional questions do not count.

    Parameters
    ----------
    visits : frame (n_visits, household_id, wave, the facilitator, questions)
    places : frame (n_visits, source_file, source_row)
        Where each visit stands, for people to find it.
    """
    names = [
        question.name
        for question in questions
        if question.name in visits and _is_substantive(question) and question.name not in params.identical_without
    ]
    if params.facilitator not in visits or not names:
        return empty_findings()
    answers = visits[names]
    told = answers.notna().mean(axis=1) >= _ANSWERED
    vectors = pd.util.hash_pandas_object(answers, index=False)
    seen = visits[["household_id", "wave"]].assign(facilitator_id=visits[params.facilitator], vector=vectors)
    seen = seen.join(places)[told]
    key = ["wave", "facilitator_id", "vector"]
    families = seen.groupby(key, observed=True)["household_id"].nunique().rename("count")
    groups = families[families >= params.identical_families].reset_index()
    caseload = seen.groupby(["wave", "facilitator_id"], observed=True)["household_id"].nunique().rename("of")
    table = groups.join(caseload, on=["wave", "facilitator_id"])
    alike = seen.merge(groups[key], on=key)
    table = table.merge(_where(alike, key), on=key).drop(columns="vector")
    return findings(rule=IDENTICAL, limit=params.identical_families, **{name: table[name] for name in table})


def _where(alike: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Files and rows of each group in a few words."""
    alike = alike.assign(row=alike["source_row"].astype("str"), of_file=alike.groupby([*key, "source_file"]).cumcount())
    shown = alike[alike["of_file"] < _MOST_PLACES].groupby([*key, "source_file"], sort=True)["row"].agg(", ".join)
    lines = shown.reset_index()
    lines["detail"] = lines["source_file"] + ": " + lines["row"]
    return lines.groupby(key)["detail"].agg("; ".join).reset_index()


def _is_substantive(question: Question) -> bool:
    judged = question.blocked or question.subjective or question.need == "optional"
    return not judged and question.kind not in ("text", "date")


def suspected_codebooks(
    visits: pd.DataFrame,
    unreadable: pd.DataFrame,
    files: pd.Series,
    questions: Sequence[Question],
    params: CheckParams,
) -> pd.DataFrame:
    """Return the columns of a file that were probably coded by another codebook than the one they were read with.

    Either too many codes are unknown to it, or an answer is far more or less common than the instrument finds
    plausible: floors of earth under every second family, motorbikes nowhere.

    Parameters
    ----------
    visits : frame (n_visits, questions)
        All visits as typed, those that were set aside too.
    unreadable : frame (n_visits, questions that had any)
        True where something stood there that the codebook does not hold.
    files : Series (n_visits,)
    """
    if visits.empty:
        return empty_findings()
    found = [empty_findings()]
    answered = visits[[question.name for question in questions if question.name in visits and question.levels]].notna()
    for name in unreadable:
        given = answered.get(name, visits[name].notna()) | unreadable[name]
        table = _shares(unreadable[name], given, files, params.fewest_coded)
        table = table[table["count"] > params.unreadable_share * table["of"]]
        found.append(_suspected(table, str(name), "", params.unreadable_share))
    for question in questions:
        for share in question.plausible if question.name in answered else ():
            given = answered[question.name]
            table = _shares(visits[question.name] == share.value, given, files, params.fewest_coded)
            seen = table["count"] / table["of"]
            found.append(_suspected(table[seen < share.least], question.name, share.value, share.least))
            found.append(_suspected(table[seen > share.most], question.name, share.value, share.most))
    return pd.concat(found, ignore_index=True)


def _shares(is_so: pd.Series, given: pd.Series, files: pd.Series, fewest: int) -> pd.DataFrame:
    cells = pd.DataFrame({"count": (is_so & given).to_numpy(dtype=bool), "of": given.to_numpy(dtype=bool)})
    table = cells.groupby(files.to_numpy()).sum().rename_axis("source_file").reset_index()
    return table[table["of"] >= fewest]


def _suspected(table: pd.DataFrame, column: str, detail: str, limit: float) -> pd.DataFrame:
    columns = {name: table[name] for name in table}
    return findings(rule=SUSPECTED_CODEBOOK, column=np.full(len(table), column), detail=detail, limit=limit, **columns)


def not_checked(left_out: pd.DataFrame) -> pd.DataFrame:
    """Return a finding for each check and year that had nothing to hold answers against.

    Parameters
    ----------
    left_out : frame
        From `contract.checks.without_reference`.
    """
    if left_out.empty:
        return empty_findings()
    groups = left_out.groupby(["rule", "column", "year"], sort=True)
    table = groups.agg(
        count=("count", "sum"), areas=("area_code", lambda codes: ", ".join(sorted(codes)))
    ).reset_index()
    return findings(
        rule=NOT_CHECKED,
        column=table["column"],
        wave=table["year"],
        count=table["count"],
        of=table["count"],
        detail=table["rule"] + ": " + table["areas"],
    )
