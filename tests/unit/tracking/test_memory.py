"""What a programme's store remembers of its years."""

from __future__ import annotations

import pytest

from graduation_model.tracking.memory import Step, recall, remember

STEP = Step(kind="list", as_of="2020-12-31", digest="of its manifest", figures={"selected": 10.0})


@pytest.mark.parametrize("cut", ["log_batch", "set_terminated"])
def test_a_step_whose_remembering_was_cut_off_is_remembered_by_the_next_run_once(
    uri: str, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as disturbed:
        disturbed.setattr(f"mlflow.MlflowClient.{cut}", cut_off)
        with pytest.raises(KeyboardInterrupt):
            remember("small", ["small"], [STEP], uri=uri)
    assert [remember("small", ["small"], [STEP], uri=uri) for _ in range(2)] == [1, 0]
    assert [step.figures for step in recall("small", ["small"], uri=uri).steps] == [{"selected": 10.0}]
