"""The instrument as an XLSForm: what each question becomes, and what no form can write."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from graduation_model.contract.instrument import Applies, Instrument, Question, Section, Value
from graduation_model.errors import ConfigError
from graduation_model.ingest.params import Codebook, CodeMap, DateRule, IngestParams, TableSource
from graduation_model.params import Label
from graduation_model.reports.form_coding import Coding, coding_of
from graduation_model.reports.xlsform import FormInputs, xlsform, xlsform_workbook
from lib.small import codebooks, ingest_params, small_instrument

ID, EN = "Bahasa Indonesia (id)", "English (en)"
HERE = Label(id="Di sini", en="Here")
DAY = {"assessment_date": DateRule(column="assessment_date")}


def asked(name="q", kind="count", **more) -> Question:
    return Question(**{"name": name, "kind": kind, "section": "s", "label": HERE, **more})


def inputs(*questions: Question, books=(), source=None, **more) -> FormInputs:
    instrument = Instrument(
        version=more.pop("version", "3"), sections=(Section(name="s", label=HERE),), questions=questions, followup=()
    )
    ingest = IngestParams(
        assessments=source or TableSource(dates=DAY),
        followups=TableSource(dates={"followup_date": DateRule(column="d")}),
    )
    return FormInputs(
        name="p",
        title=Label(id="Program", en="Programme"),
        instrument=instrument,
        ingest=ingest,
        codebooks=books,
        **more,
    )


def row_of(form, name="q"):
    return next(row for row in form.survey if row.get("name") == name)


VALUES = (Value(name="a", label=Label(id="Satu", en="One")), Value(name="b", label=Label(id="Dua", en="Two")))
KINDS = [
    # kind, what else the question needs, type in the form
    ("number", {"unit": "m2"}, "decimal"),
    ("count", {}, "integer"),
    ("money", {"unit": "idr"}, "integer"),
    ("date", {}, "date"),
    ("text", {}, "text"),
    ("yes_no", {}, "select_one yes_no"),
    ("choice", {"values": VALUES}, "select_one q"),
    ("ordered_choice", {"values": VALUES}, "select_one q"),
]


@pytest.mark.parametrize(("kind", "more", "expected"), KINDS)
def test_each_kind_of_question_has_its_type(kind, more, expected):
    row = row_of(xlsform(inputs(asked(kind=kind, **more)), "assessments"))
    assert row["type"] == expected
    assert (row[f"label::{ID}"], row[f"label::{EN}"]) == ("Di sini", "Here")


BOUNDS = [
    # minimum, maximum, constraint, message in Indonesian, in English
    (0, 100000000, ". >= 0 and . <= 100000000", "Isilah antara 0 dan 100.000.000.",
     "Give a number between 0 and 100,000,000."),
    (0.5, None, ". >= 0.5", "Isilah paling sedikit 0,5.", "Give a number of at least 0.5."),
    (None, 1e16, ". <= 10000000000000000", None, None),
    (1e-6, None, ". >= 0.000001", "Isilah paling sedikit 0,000001.", "Give a number of at least 0.000001."),
    (-5, 40, ". >= -5 and . <= 40", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high", "constraint", "indonesian", "english"), BOUNDS)
def test_bounds_become_a_constraint_without_exponents_and_a_message_in_both_languages(
    low, high, constraint, indonesian, english
):
    row = row_of(xlsform(inputs(asked(kind="number", unit="m2", minimum=low, maximum=high)), "assessments"))
    assert row["constraint"] == constraint
    if indonesian:
        assert (row[f"constraint_message::{ID}"], row[f"constraint_message::{EN}"]) == (indonesian, english)


def test_a_question_without_bounds_has_no_constraint():
    assert "constraint" not in row_of(xlsform(inputs(asked()), "assessments"))


@pytest.mark.parametrize(("kind", "unit", "indonesian", "english"), [
    ("count", "months", "Satuan: bulan", "Unit: months"),
    ("number", "m2", "Satuan: m²", "Unit: m²"),
    ("number", "share", "Bagian dari seluruhnya: 0 sampai 1", "Share of the whole: 0 to 1"),
    ("number", "furlong", "Satuan: furlong", "Unit: furlong"),
    ("money", "idr", "Dalam Rp, angka saja, tanpa titik atau koma", "In Rp, digits only, without dots or commas"),
])  # fmt: skip
def test_the_unit_stands_as_a_hint(kind, unit, indonesian, english):
    row = row_of(xlsform(inputs(asked(kind=kind, unit=unit), currency="Rp"), "assessments"))
    assert (row[f"hint::{ID}"], row[f"hint::{EN}"]) == (indonesian, english)


@pytest.mark.parametrize(("need", "required"), [("required", "yes"), ("expected", None), ("optional", None)])
def test_only_a_required_question_must_be_answered(need, required):
    assert row_of(xlsform(inputs(asked(need=need)), "assessments")).get("required") == required


def conditional(equals="yes"):
    return asked("works", "yes_no"), asked("q", asked_if=Applies(question="works", equals=equals))


def test_a_condition_names_the_other_questions_column_and_answer():
    source = TableSource(dates=DAY, columns={"works": "kerja"})
    assert row_of(xlsform(inputs(*conditional(), source=source), "assessments"))["relevant"] == "${kerja} = 'yes'"


def coded(codes, versions=("1",)):
    return Codebook(source="s", questions={"works": (CodeMap(versions=versions, codes=codes),)})


def test_a_condition_on_a_coded_answer_names_its_code():
    source = TableSource(dates=DAY, codebook="codebook")
    form = xlsform(inputs(*conditional(), source=source, books=[coded({"3": "yes", "4": "no"})]), "assessments")
    assert row_of(form)["relevant"] == "${works} = '3'"
    assert row_of(form, "codebook") == {"type": "calculate", "name": "codebook", "calculation": "'1'"}
    assert [(row["list_name"], row["name"]) for row in form.choices] == [("yes_no", "3"), ("yes_no", "4")]


def test_a_condition_that_no_answer_of_the_codebook_meets_never_holds():
    source = TableSource(dates=DAY, codebook="codebook")
    form = xlsform(inputs(*conditional(), source=source, books=[coded({"4": "no"})]), "assessments")
    assert row_of(form)["relevant"] == "false()"


def test_questions_with_the_same_answers_share_a_list_and_others_do_not():
    form = xlsform(
        inputs(asked("p", "choice", values=VALUES), asked("q", "choice", values=VALUES), asked("r", "yes_no")),
        "assessments",
    )
    assert row_of(form, "p")["type"] == row_of(form, "q")["type"] == "select_one p"
    assert [(row["list_name"], row["name"]) for row in form.choices] == [
        ("p", "a"), ("p", "b"), ("yes_no", "yes"), ("yes_no", "no")
    ]  # fmt: skip


def test_yes_and_no_have_a_list_for_each_way_of_coding_them():
    book = Codebook(
        source="s",
        questions={
            "p": (CodeMap(versions=("1",), codes={"1": "yes", "2": "no"}),),
            "q": (CodeMap(versions=("1",), codes={"3": "yes", "4": "no"}),),
        },
    )
    source = TableSource(dates=DAY, codebook="codebook")
    form = xlsform(inputs(asked("p", "yes_no"), asked("q", "yes_no"), source=source, books=[book]), "assessments")
    assert [row_of(form, name)["type"] for name in "pq"] == ["select_one yes_no", "select_one yes_no_2"]


def test_the_keys_stand_first_then_what_is_carried_then_what_nobody_is_asked():
    source = TableSource(dates=DAY, keep=("village_code", "facilitator_id"), columns={"household_id": "no_keluarga"})
    form = xlsform(inputs(asked(), source=source), "assessments")
    assert [row.get("name") for row in form.survey] == [
        "no_keluarga", "assessment_date", "facilitator_id", "village_code", "instrument_version",
        "section_s", "q", None,
    ]  # fmt: skip
    assert form.survey[-1] == {"type": "end_group"}


def test_areas_with_names_are_chosen_from_a_list():
    source = TableSource(dates=DAY, keep=("district_code",))
    form = xlsform(inputs(asked(), source=source, area="district_code", area_names={"01": "Kab. Lebak"}), "assessments")
    assert row_of(form, "district_code")["type"] == "select_one district_code"
    assert form.choices[0] == {
        "list_name": "district_code", "name": "01", f"label::{ID}": "Kab. Lebak", f"label::{EN}": "Kab. Lebak"
    }  # fmt: skip


def test_a_visit_cannot_be_later_than_today_and_a_year_is_one():
    assert row_of(xlsform(inputs(asked()), "assessments"), "assessment_date")["constraint"] == ". <= today()"
    source = TableSource(dates={"assessment_date": DateRule(column="year", how="year_end")})
    row = row_of(xlsform(inputs(asked(), source=source), "assessments"), "year")
    assert (row["type"], row["constraint"]) == ("integer", ". >= 1900 and . <= 2200")


def test_a_year_that_is_also_the_codebook_is_chosen_among_those_that_mean_the_same():
    small = FormInputs(
        name="p",
        title=HERE,
        instrument=small_instrument(),
        ingest=ingest_params(),
        codebooks=codebooks(),
    )
    form = xlsform(small, "assessments")
    assert row_of(form, "year")["type"] == "select_one year"
    assert [row["name"] for row in form.choices if row["list_name"] == "year"] == ["2017"]
    assert row_of(form, "n_people")["type"] == "integer"
    assert [row["name"] for row in form.choices if row["list_name"] == "floor"] == ["2", "1"]  # earth, cement in 2017


def test_a_version_in_which_every_value_stands_for_itself_comes_before_a_newer_one():
    books = [coded({"yes": "yes", "no": "no"}, ("own",)), coded({"1": "yes", "2": "no"}, ("survey_2030",))]
    source = TableSource(dates=DAY, codebook="codebook")
    coding = coding_of([asked("works", "yes_no")], source, books, plain_version="1")
    assert coding.versions == ("own",)


def test_without_a_version_that_knows_every_question_answers_are_written_as_they_are_or_refused():
    book = Codebook(
        source="s",
        questions={
            "p": (CodeMap(versions=("1",), codes={"1": "yes"}),),
            "q": (CodeMap(versions=("2",), codes={"1": "yes"}),),
        },
    )
    questions = [asked("p", "yes_no"), asked("q", "yes_no")]
    source = TableSource(dates=DAY, codebook="codebook")
    assert coding_of(questions, source, [book], plain_version="1") == Coding(("own",))
    by_year = TableSource(dates={"assessment_date": DateRule(column="year", how="year_end")}, codebook="year")
    with pytest.raises(ConfigError, match="No version of the codebooks"):
        xlsform(inputs(*questions, source=by_year, books=[book]), "assessments")


REFUSED = [
    (TableSource(dates=DAY, columns={"q": "Jumlah ART"}), "no form can give"),
    (TableSource(dates=DAY, columns={"q": "household_id"}), "ask household_id twice"),
    (TableSource(dates={"assessment_date": DateRule(column="t", format="%d/%m/%Y")}), "spelling of its own"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_what_no_form_can_write_is_refused_with_its_mend(source, reason):
    with pytest.raises(ConfigError, match=reason):
        xlsform(inputs(asked(), source=source), "assessments")


@pytest.mark.parametrize(("version", "literal"), [
    ("2", "'2'"), ("it's", '"it\'s"'), ("'\"", "concat('', \"'\", '\"')"),
])  # fmt: skip
def test_a_version_with_quotes_is_still_one_text(version, literal):
    form = xlsform(inputs(asked(), version=version), "assessments")
    assert row_of(form, "instrument_version")["calculation"] == literal


def test_no_cell_is_a_formula_a_link_or_a_number():
    hostile = asked(label=Label(id="=1+1", en="http://a.b"), minimum=1)
    content = xlsform_workbook(xlsform(inputs(hostile, version="2"), "assessments"))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        xml = "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/"))
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    cells = re.findall(r"<c [^>]*>", xml)
    assert len(cells) > 20
    assert all('t="s"' in cell for cell in cells)


def test_the_workbook_has_its_three_sheets_and_its_settings():
    form = xlsform(inputs(asked()), "assessments")
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsform_workbook(form)))
    assert book.sheet_names == ["survey", "choices", "settings"]
    settings = book.get_sheet_by_name("settings").to_python()
    assert dict(zip(*settings, strict=True)) == {
        "form_title": "Program: asesmen keluarga",
        "form_id": "p_assessments",
        "version": "3",
        "default_language": ID,
    }
    assert book.get_sheet_by_name("choices").to_python()[0][:2] == ["list_name", "name"]
