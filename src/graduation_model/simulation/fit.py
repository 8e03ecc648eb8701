"""Whether a province's settings fit the instrument that is to be answered."""

from __future__ import annotations

from graduation_model.contract.instrument import Instrument
from graduation_model.errors import ConfigError
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.visits import FOLLOWUP_QUESTIONS


def check_items(instrument: Instrument, params: SimulationParams) -> None:
    """Refuse settings that name no question, leave a required one out, or have shares for other levels.

    Raises
    ------
    ConfigError
    """
    unasked = sorted(set(FOLLOWUP_QUESTIONS) - set(instrument.followup_by_name))
    if unasked:
        raise ConfigError(
            f"A simulated visit answers {', '.join(unasked)}, which no follow-up asks",
            mend="Add it to followup in instrument.yaml",
        )
    questions, drawn = instrument.by_name, {params.income, params.ratio}
    named = {*params.items, params.income, params.size, params.business, *params.components}
    unknown = sorted(named - set(questions))
    if unknown:
        raise ConfigError(
            f"'simulation' names {', '.join(unknown)}, which the instrument does not ask",
            mend="Mend the spelling, or add the question to instrument.yaml",
        )
    needed = {params.size, params.business, *params.components}
    for name, question in questions.items():
        item = params.items.get(name)
        if item is None and name not in drawn and (question.need == "required" or name in needed):
            raise ConfigError(f"'simulation.items' has no {name}, which is required", mend="Say how it is answered")
        if item and question.kind in ("date", "text"):
            raise ConfigError(
                f"'simulation.items.{name}' would answer a {question.kind}, which nobody simulates",
                mend="Take the item out: the question stays unanswered",
            )
        if item and question.levels and len(item.shares) != len(question.levels):
            raise ConfigError(
                f"'simulation.items.{name}.shares' has {len(item.shares)} shares for {len(question.levels)} levels",
                mend="Give one share a level",
            )
        if item and item.loads.get("leniency") and not (question.blocked or question.subjective):
            raise ConfigError(
                f"'simulation.items.{name}.loads' has leniency, but the question is a fact",
                mend="Take leniency out, or use judged: a facilitator's leniency moves opinions and decisions alone",
            )
