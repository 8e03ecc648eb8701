"""A small programme and small tables, with nothing in them that a test does not say."""

from __future__ import annotations

import pandas as pd

from graduation_model.cohort.params import CohortParams, Condition, LabelParams, Outcome, Visit
from graduation_model.contract.instrument import Instrument, Question, Section, Value
from graduation_model.features.params import FeatureParams, Ratio
from graduation_model.ingest.params import Codebook, CodeMap, DateRule, IngestParams, TableSource
from graduation_model.params import Label

# The same visits under the headers of a form, with rooms as a repeat.
MAPPING = """programme: small
assessments:
  same_words: {confirmed: yes, columns: {"People (id)": size}}
  columns:
    - column: Lantai
      question: floor
      values: {"Tanah": "earth", "Semen": "cement"}
      confirmed: yes
  multiple: [{column: ikut, options: {program: member}, others: [lain], confirmed: yes}]
  repeats:
    - {repeat: kamar, question: rooms, where: [{column: luas, at_least: 4}], confirmed: yes}
"""


def label(text: str) -> Label:
    return Label(id=f"{text} (id)", en=text)


def _values(*names: str) -> tuple[Value, ...]:
    return tuple(Value(name=name, label=label(name)) for name in names)


STATUS = _values("extreme_poor", "poor", "not_poor")


def small_instrument() -> Instrument:
    """Six questions of six kinds, and one that is blocked."""
    home = {"section": "home"}
    return Instrument(
        version="1",
        sections=(Section(name="home", label=label("Home")),),
        questions=(
            Question(
                name="status",
                kind="ordered_choice",
                label=label("Status"),
                values=STATUS,
                direction="never_lowers",
                need="required",
                **home,
            ),
            Question(name="size", kind="count", label=label("People"), minimum=1, maximum=25, need="required", **home),
            Question(name="rooms", kind="count", label=label("Rooms"), minimum=1, maximum=20, **home),
            Question(
                name="income",
                kind="money",
                unit="idr_month",
                label=label("Income"),
                minimum=0,
                direction="never_lowers",
                **home,
            ),
            Question(name="floor", kind="choice", label=label("Floor"), values=_values("earth", "cement"), **home),
            Question(name="member", kind="yes_no", label=label("Member"), **home),
            Question(name="opinion", kind="text", label=label("Opinion"), blocked=True, need="optional", **home),
        ),
        followup=(
            Question(
                name="status", kind="ordered_choice", label=label("Status"), values=STATUS, need="required", **home
            ),
        ),
    )


def with_judgement(name: str) -> Instrument:
    """The small instrument with one question as a facilitator's judgement."""
    asked = small_instrument()
    questions = (one.model_copy(update={"subjective": one.name == name}) for one in asked.questions)
    return asked.model_copy(update={"questions": tuple(questions)})


def cohort_params(*, population: bool = True) -> CohortParams:
    member = Condition(question="member", is_one_of=("yes",)) if population else None
    return CohortParams(population=member, cluster="village", area="district")


def label_params(
    *, early_failure_counts: bool = False, months: tuple[int, ...] = (12, 24), tolerance_days: int = 0
) -> LabelParams:
    not_poor = Outcome(question="status", is_one_of=("not_poor",))
    return LabelParams(
        name="sustained_exit",
        title=label("Stayed out"),
        caveat=label("Usually with aid"),
        visits=tuple(Visit(months=month, tolerance_days=tolerance_days) for month in months),
        outcome=not_poor,
        status_now=not_poor,
        early_failure_counts=early_failure_counts,
    )


def feature_params(**changes: object) -> FeatureParams:
    crowding = Ratio(name="crowding", numerator="size", denominator="rooms", question="rooms", label=label("Crowding"))
    return FeatureParams(
        **{"ratios": (crowding,), "history": ("status", "income"), "neighbours": ("income",), **changes}
    )  # type: ignore[arg-type]


def ingest_params() -> IngestParams:
    return IngestParams(
        assessments=TableSource(
            columns={"size": "n_people"},
            dates={"assessment_date": DateRule(column="year", how="year_end")},
            codebook="year",
            keep=("village", "district"),
            absent=("opinion",),
        ),
        followups=TableSource(dates={"followup_date": DateRule(column="date")}),
    )


def codebooks() -> tuple[Codebook, ...]:
    """The floor's codes change their meaning in 2017; the others do not."""
    years = ("2015", "2016", "2017")
    return (
        Codebook(
            source="survey",
            questions={
                "status": (CodeMap(versions=years, codes={"1": "extreme_poor", "2": "poor", "3": "not_poor"}),),
                "floor": (
                    CodeMap(versions=("2015", "2016"), codes={"1": "earth", "2": "cement"}),
                    CodeMap(versions=("2017",), codes={"1": "cement", "2": "earth"}),
                ),
                "member": (CodeMap(versions=years, codes={"0": "no", "1": "yes"}),),
            },
        ),
    )


def raw_assessments(**changes: object) -> pd.DataFrame:
    """Three visits as a partner would deliver them; a change replaces a column."""
    columns = {
        "household_id": ["a", "a", "b"],
        "year": [2016, 2017, 2017],
        "village": ["v", "v", "w"],
        "district": ["d", "d", "d"],
        "status": [2, 3, 1],
        "n_people": [4, 5, 2],
        "rooms": [2, 2, 1],
        "income": [100.0, 150.0, 80.0],
        "floor": [1, 1, 1],
        "member": [1, 1, 0],
    }
    return pd.DataFrame({**columns, **changes})


def visits(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Typed assessments; what a row does not say has a plain value."""
    plain: dict[str, object] = {
        "household_id": "a",
        "assessment_date": "2016-12-31",
        "village": "v",
        "district": "d",
        "status": "poor",
        "size": 4,
        "rooms": 2,
        "income": 100.0,
        "floor": "earth",
        "member": "yes",
    }
    frame = pd.DataFrame([{**plain, **row} for row in rows])
    typed = {question.name: question.dtype() for question in small_instrument().questions if question.name in frame}
    return frame.astype({**typed, "household_id": "str", "assessment_date": "datetime64[s]"})


def followups(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Typed follow-ups: household, date, status."""
    frame = pd.DataFrame(rows, columns=["household_id", "followup_date", "status"])
    question = small_instrument().followup_by_name["status"]
    return frame.astype({"household_id": "str", "followup_date": "datetime64[s]", "status": question.dtype()})


def field_visits() -> pd.DataFrame:
    """Six visits with amounts as the field writes them, and a name that is not ASCII."""
    frame = pd.concat([raw_assessments()] * 2, ignore_index=True)
    return frame.assign(
        household_id=[f"h{n}" for n in range(len(frame))],
        village=["désa", "desa", "dé sa", "a;b", 'a "b"', "desa"],
        income=["1.250.000", "900.000", "0", "Rp 12.500.000", "750.000", "1.000.000"],
    )
