"""A mapping says which column is which question; nothing in it takes effect before a person confirmed it."""

from __future__ import annotations

import pytest

from graduation_model.errors import UserError
from graduation_model.ingest.load import load_tables
from graduation_model.ingest.mapping import read_mapping
from graduation_model.ingest.params import DateRule, TableSource
from lib.small import codebooks, ingest_params, raw_assessments, small_instrument

PARTS = {"instrument": small_instrument(), "params": ingest_params(), "codebooks": codebooks()}

MAPPED = """
programme: small
assessments:
  codebook: 2016
  same_words: {confirmed: yes, columns: {People (id): size, Village: village}}
  columns:
    - {column: Lantai, question: floor, values: {TANAH: earth, " semen ": cement}, confirmed: yes}
    - {column: Tahun, question: assessment_date, score: 70, confirmed: yes}
  absent: {confirmed: yes, questions: [rooms]}
"""


def _read(folder, text):
    (folder / "mapping.yaml").write_text(text)
    return read_mapping(folder / "mapping.yaml", programme="small", **PARTS)


def _partners():
    names = {"n_people": "People (id)", "village": "Village", "floor": "Lantai", "year": "Tahun"}
    return raw_assessments(floor=["Tanah", "Semen", "marmer"]).drop(columns="rooms").rename(columns=names)


def _load(folder, text, frame):
    frame.to_csv(folder / "assessments.csv", index=False)
    return load_tables(folder, **PARTS, need_followups=False, mapping=_read(folder, text))


def test_a_confirmed_mapping_gives_the_programmes_own_table(tmp_path):
    tables = _load(tmp_path, MAPPED, _partners())
    seen = tables.assessments.set_index("assessment_date").loc["2016-12-31"]
    assert seen[["household_id", "village", "size", "floor", "codebook", "member"]].tolist() == [
        "a", "v", 4, "earth", "2016", "yes"
    ]  # fmt: skip
    assert tables.assessments["rooms"].isna().all()
    assert tables.counts["absent_questions"] == {"assessments.rooms": 3}
    assert "ignored_columns" not in tables.counts


def test_a_cell_that_the_mapping_does_not_name_stands_in_quarantine_under_its_own_header(tmp_path):
    tables = _load(tmp_path, MAPPED, _partners())
    assert tables.quarantine[["column", "found", "rule"]].values.tolist() == [["Lantai", "marmer", "not_in_codebook"]]


DECIDED = """
decisions:
  columns:
    - {column: No KPM, question: household_id, confirmed: yes}
    - {column: Tanggal SK, question: decision_date, confirmed: yes}
    - {column: Berlaku mulai, question: effective_date, confirmed: yes}
    - {column: Keputusan, question: decision, values: {Lulus: graduated, Tetap: retained}, confirmed: yes}
uep:
  columns:
    - {column: Tanggal cair, question: grant_date, confirmed: yes}
    - {column: Nilai (Rp), question: value_idr, confirmed: yes}
"""


def test_decisions_and_grants_are_mapped_like_visits(tmp_path):
    dates = {
        f"{name}s" if name == "decision" else "uep": TableSource(
            dates={f"{name}_date": DateRule(column=f"{name}_date")}
        )
        for name in ("decision", "grant")
    }
    parts = {**PARTS, "params": PARTS["params"].model_copy(update=dates)}
    _partners().to_csv(tmp_path / "assessments.csv", index=False)
    (tmp_path / "decisions.csv").write_text(
        "No KPM;Tanggal SK;Berlaku mulai;Keputusan;Catatan\na;20/01/2021;01/02/2021;LULUS;x\nb;20/01/2021;;tetap;x\n"
    )
    (tmp_path / "uep.csv").write_text("household_id;Tanggal cair;Nilai (Rp)\na;03/05/2021;3.000.000\n")
    (tmp_path / "mapping.yaml").write_text(MAPPED + DECIDED)
    mapping = read_mapping(tmp_path / "mapping.yaml", programme="small", **parts)
    tables = load_tables(tmp_path, **parts, need_followups=False, mapping=mapping)
    assert tables.decisions[["household_id", "decision"]].values.tolist() == [["a", "graduated"]]
    assert str(tables.decisions["effective_date"].iloc[0].date()) == "2021-02-01"
    assert tables.uep[["household_id", "value_idr"]].values.tolist() == [["a", 3_000_000]]
    told = tables.quarantine[tables.quarantine["source_file"] == "decisions.csv"]
    assert told[["source_row", "column", "rule"]].values.tolist() == [[3, "Berlaku mulai", "required"]]
    assert tables.counts["ignored_columns"] == {"decisions.Catatan": 2}


def test_columns_that_nobody_reads_are_counted_without_what_an_export_adds(tmp_path):
    extra = _partners().assign(warna=["biru", None, "x"], _uuid="u", kosong=None, NAMA="Siti")
    assert _load(tmp_path, MAPPED, extra).counts["ignored_columns"] == {"assessments.warna": 2}


UNCONFIRMED = [
    (MAPPED.replace("same_words: {confirmed: yes", "same_words: {confirmed: no"), "1 lines .*: same_words"),
    (MAPPED.replace("cement}, confirmed: yes", "cement}"), "not confirmed: floor"),
    (MAPPED.replace("TANAH: earth", "TANAH: '?'"), "not confirmed: floor"),
    (MAPPED.replace("column: Tahun", "column: '?'"), "not confirmed: assessment_date"),
    (MAPPED.replace("absent: {confirmed: yes", "absent: {confirmed: no"), "not confirmed: absent"),
    (MAPPED.replace("codebook: 2016", "codebook: '?'"), "not confirmed: codebook"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UNCONFIRMED)
def test_what_nobody_confirmed_is_refused_by_name(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        _read(tmp_path, text)


REFUSED = [
    (MAPPED.replace("programme: small", "programme: other"), "is of programme 'other', not 'small'"),
    (MAPPED.replace("question: floor", "question: flor"), "There is no question flor"),
    (MAPPED.replace("TANAH: earth", "TANAH: mud"), "values of floor cannot be mud. Use one of earth, cement"),
    (MAPPED.replace("question: floor", "question: size"), "names question size more than once"),
    (MAPPED.replace("column: Tahun", "column: Lantai"), "maps column Lantai more than once"),
    (MAPPED.replace("codebook: 2016", "codebook: 1999"), "No codebook knows version 1999"),
    (MAPPED.replace("[rooms]", "[status]"), "No row can be used without status"),
    (MAPPED.replace("confirmed: yes, questions", "confirmed: maybe, questions"), "'assessments.absent.confirmed'"),
    (MAPPED.replace("score: 70", "skor: 70"), "skor' is not a setting"),
    (MAPPED + "  multiple: [{column: aid, options: {pkh: floor}}]", "names question floor more than once"),
    (MAPPED + "  multiple: [{column: aid, options: {pkh: income}}]", "income is no yes/no question"),
    (MAPPED + "  multiple: [{column: aid, options: {pkh: household_id}}]", "household_id is no yes/no question"),
    (MAPPED + "  multiple: [{column: aid, bits: {3: member}}]", "bits are 1, 2, 4, 8"),
    (MAPPED + "  multiple: [{column: aid, bits: {1: member}, others: [lain]}]", "bits are 1, 2, 4, 8"),
    (MAPPED + "  multiple: [{column: aid, options: {' ': member}}]", "an answer without a name"),
    (MAPPED + "  multiple: [{column: aid}]", "needs either options or bits"),
    (MAPPED + "  repeats: [{repeat: anggota, question: member}]", "member is no number"),
    (MAPPED + "  repeats: [{repeat: a, question: income, where: [{column: b}]}]", "needs at_least and/or at_most"),
    ("programme: small\nassessments: [", "does not parse"),
    ("[" * 3000, "does not parse"),
    ("programme: small\nx: 2020-02-31", "does not parse"),
    ("programme: !!python/object:os.system x", "does not parse"),
    ("", "the whole file"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(UserError, match=message) as caught:
        _read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_columns_and_repeats_that_the_files_do_not_have_are_named(tmp_path):
    with pytest.raises(UserError, match="1 columns of the mapping are not in the files: Lantai"):
        _load(tmp_path, MAPPED, _partners().drop(columns="Lantai"))
    rule = MAPPED + "  repeats: [{repeat: anggota, question: income, confirmed: yes}]"
    with pytest.raises(UserError, match="There is no repeat 'anggota' for 3 visits"):
        _load(tmp_path, rule, _partners())


def test_answers_not_known_and_refused_are_counted_by_question_and_are_no_faults(tmp_path):
    raw_assessments(income=["-98", "-99", "100"], floor=[-99, 1, 1], status=["-98", 2, 2]).to_csv(
        tmp_path / "assessments.csv", index=False
    )
    tables = load_tables(tmp_path, **PARTS, need_followups=False)
    assert tables.counts["does_not_know"] == {"assessments.status": 1, "assessments.income": 1}
    assert tables.counts["refused"] == {"assessments.income": 1, "assessments.floor": 1}
    # A required answer that nobody gave still costs the visit, as any missing one does.
    assert tables.quarantine[["column", "rule", "effect"]].values.tolist() == [["status", "required", "row_set_aside"]]
    assert tables.assessments["income"].isna().tolist() == [True, False]
