"""A programme that takes its answers' integers at face value, whatever the questionnaire of their year meant."""

from __future__ import annotations

from graduation_model.config import Programme
from graduation_model.ingest.params import Codebook


def one_code_for_all_years(programme: Programme) -> Programme:
    """Read every year's codes as those of the first year that a question has."""

    def flat(codebook: Codebook) -> Codebook:
        questions = {}
        for name, maps in codebook.questions.items():
            versions = tuple(dict.fromkeys(version for one in maps for version in one.versions))
            questions[name] = (maps[0].model_copy(update={"versions": versions}),)
        return codebook.model_copy(update={"questions": questions})

    # The outcome is read as it is: only the answers lose their codebook.
    status = programme.label.status_now.question
    flattened = []
    for codebook in programme.codebooks:
        other = flat(codebook)
        kept = {name: maps for name, maps in codebook.questions.items() if name == status}
        flattened.append(other.model_copy(update={"questions": {**other.questions, **kept}}))
    return programme.model_copy(update={"codebooks": tuple(flattened)})
