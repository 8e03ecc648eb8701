"""Every command that writes, on a small simulated year."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from graduation_model.cli import main

ROOT = Path(__file__).parents[2]
TRAINED, SCORED = "2019-12-31", "2020-12-31"
FAMILIES = 300


@dataclass(frozen=True)
class Command:
    """A command: its words, what it writes in its folder, what it finds there, and what else can go wrong with it.

    Attributes
    ----------
    words : function
        Of the year's folder and the command's own one.
    writes : tuple of str
        Each of these is whole or as it was, whatever happens.
    finds : tuple of str
        What of the year is copied into its own folder beforehand.
    share : int
        How often it is drawn, beside the others.
    store : bool
        It has a tracking store of its own.
    registers : bool
        It puts a version into that store: run twice, what it writes has another number.
    over_earlier : bool
        It may find what it wrote before, and writes it anew.
    done : str
        What it says where everything was done already.
    own_faults : tuple of str
        Names in `disturbances.OWN_FAULTS`.
    """

    words: Callable[[Path, Path], list[str]]
    writes: tuple[str, ...] = ("out",)
    finds: tuple[str, ...] = ()
    share: int = 10
    store: bool = False
    registers: bool = False
    over_earlier: bool = True
    done: str = ""
    own_faults: tuple[str, ...] = ()


def commands(family: str) -> dict[str, Command]:
    """Every command that writes, on what `prepare` made.

    `demo` is left out: it is simulate, train, promote, score, select and report in turn, each of which stands here,
    with the shipped settings, which take minutes. `replay` is, since it writes into a temporary folder alone.
    """

    def out(name: str, words: Callable[[Path], list[str]], share: int, **more: Any) -> Command:
        def typed(base: Path, own: Path) -> list[str]:
            tracked = ["--tracking", str(own)] if more.get("store") else []
            return [name, *words(base), "--out", str(own / "out"), *tracked]

        return Command(typed, share=share, **more)

    def scored(*more: str, share: int, faults: tuple[str, ...]) -> Command:
        def typed(base: Path) -> list[str]:
            return [*_data(base), "--as-of", SCORED, *_model(base), "--part-rows", "400", *more]

        return out("score", typed, share, own_faults=faults)

    def exported(base: Path, own: Path) -> list[str]:
        given = [*_data(base), "--household", family, "--out", str(own / "out")]
        return ["record", "export", *given, str(base / "scores"), str(base / "selection")]

    def corrected(base: Path, own: Path) -> list[str]:
        given = ["--household", family, "--file", str(base / "asked.csv"), "--data", str(own / "data")]
        return ["record", "correct", *_on(base), *given]

    def deleted(base: Path, own: Path) -> list[str]:
        return ["record", "delete", "--household", family, "--yes", str(own / "scores"), str(own / "selection")]

    def promoted(base: Path, own: Path) -> list[str]:
        return ["promote", *_on(base), "--version", "1", "--approver", "A", "--tracking", str(own)]

    def remembered(base: Path) -> list[str]:
        return [*_on(base), str(base / "scores"), str(base / "selection")]

    def retrained(base: Path) -> list[str]:
        return [*_data(base), "--as-of", SCORED, "--last", str(base / "train"), "--quota", "10"]

    stores = (
        "the store is locked",
        "the store is locked under way",
        "the server is gone",
        "the server dies under way",
    )
    parts = ("killed, then a finished part damaged", "a finished part damaged under way")
    steps = ("train", "scores", "selection", "challenger/scores", "challenger/selection", "retrain")
    year = tuple(f"out/{step}" for step in steps)
    return {
        "simulate": out("simulate", lambda b: [*_on(b), "--households", "60", "--waves", "2", "--seed", "1"], 8),
        "new": out("new", lambda b: ["--from-data", str(b / "few.csv")], 6, over_earlier=False, done="of that name"),
        "form": Command(
            lambda b, own: ["form", *_on(b), "--out", str(own / "f.xlsx")], ("f.xlsx", "f_followup.xlsx"), share=6
        ),
        "dictionary": Command(lambda b, own: ["dictionary", *_on(b), "--out", str(own / "d.md")], ("d.md",), share=5),
        "check": out("check", _data, 9),
        "check --suggest": Command(
            lambda b, own: ["check", *_data(b), "--suggest", str(own / "mapping.yaml")],
            ("mapping.yaml",),
            share=5,
            over_earlier=False,
            done="a file of that name",
        ),
        "train": out(
            "train", lambda b: [*_data(b), "--as-of", TRAINED], 2, store=True, registers=True, own_faults=stores
        ),
        "promote": Command(
            promoted, writes=(), store=True, share=9, over_earlier=False, done="champion already", own_faults=stores
        ),
        "score": scored(share=26, faults=parts),
        "score --workers": scored("--workers", "2", share=5, faults=("a worker is killed",)),
        "score --engine dask": scored("--engine", "dask", "--workers", "2", share=4, faults=("a worker is killed",)),
        "select": out("select", lambda b: [*_on(b), "--scores", str(b / "scores"), "--quota", "10"], 12),
        "compare": out("compare", lambda b: [str(b / "selection"), str(b / "longer")], 6),
        "report": out("report", lambda b: [*_on(b), "--selection", str(b / "selection"), "--language", "id"], 9),
        "monitor": out("monitor", lambda b: [*_data(b), "--as-of", SCORED, *_model(b)], 6),
        "due": out("due", lambda b: [*_data(b), "--as-of", "2020-07-01"], 7),
        "outcomes": out("outcomes", lambda b: [*_data(b), "--as-of", SCORED], 7),
        "history": out("history", remembered, 9, store=True, own_faults=stores),
        "retrain": out("retrain", retrained, 2, writes=year, store=True, registers=True, own_faults=stores),
        "record export": Command(exported, share=7),
        "record correct": Command(corrected, ("data",), ("data",), share=8, over_earlier=False),
        "record delete": Command(
            deleted,
            ("scores", "selection"),
            ("scores", "selection"),
            share=14,
            over_earlier=False,
            done="No such family",
        ),
    }


def _on(base: Path) -> list[str]:
    return ["--programme", str(base / "jamsosratu")]


def _data(base: Path) -> list[str]:
    return [*_on(base), "--data", str(base / "data")]


def _model(base: Path) -> list[str]:
    return ["--model", str(base / "train" / "bundle")]


def prepare(base: Path) -> str:
    """Live a small year; returns a family that stands on its list."""
    own = Path(shutil.copytree(ROOT / "configs" / "jamsosratu", base / "jamsosratu"))
    settings = (own / "programme.yaml").read_text(encoding="utf-8")
    quick = {"test_years: .*": "test_years: 1", "bootstrap: .*": "bootstrap: 20", "model: stack": "model: logistic"}
    quick = {rf"(?m)^  {old}$": f"  {new}" for old, new in quick.items()} | {r"retained: 0.05}": "retained: 0.4}"}
    for old, new in quick.items():
        settings, changed = re.subn(old, new, settings)
        assert changed, old
    (own / "programme.yaml").write_text(settings, encoding="utf-8")
    on, data, scores = _on(base), _data(base), str(base / "scores")
    year = (
        ["simulate", *on, "--households", str(FAMILIES), "--waves", "5", "--seed", "3", "--out", str(base / "data")],
        ["train", *data, "--as-of", TRAINED, "--out", str(base / "train"), "--tracking", str(base)],
        ["score", *data, "--as-of", SCORED, *_model(base), "--out", scores],
        ["select", *on, "--scores", scores, "--quota", "10", "--out", str(base / "selection")],
        ["select", *on, "--scores", scores, "--quota", "14", "--out", str(base / "longer")],
    )
    for words in year:  # in this process, so that every child finds the kernels compiled
        assert main(words) == 0, words
    pd.read_parquet(base / "data" / "assessments.parquet").head(40).iloc[:, :20].to_csv(base / "few.csv", index=False)
    asked = "question,answer,reason,date,by\nhh_size,4,counted again,2021-01-05,Siti\n"
    (base / "asked.csv").write_text(asked, encoding="utf-8")
    return str(pd.read_parquet(base / "selection" / "selection.parquet")["household_id"].iloc[0])
