"""`promote`: a registered version becomes the champion in a named person's name, or the one before comes back."""

from __future__ import annotations

from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, model_name, open_programme
from graduation_model.errors import UserError


def promote(
    *,
    programme: ProgrammeLike,
    approver: str,
    version: str | int | None = None,
    rollback: bool = False,
    tracking: str | Path = ".",
) -> str:
    """Move the programme's `champion` alias; returns the version that holds it now.

    Parameters
    ----------
    programme
        A programme, its folder, or its name.
    approver
        Who takes responsibility; kept with the version.
    version
        The registered version to promote.
    rollback
        Go back to the champion before instead.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.
    """
    from graduation_model import tracking as registry

    uri = registry.tracking_uri(Path(tracking))
    name = model_name(open_programme(programme), uri=uri)
    if not approver.strip():
        raise UserError("Nobody approves", where="--approver", mend="Give the name of the person who decides")
    if rollback:
        return registry.rollback(name, approver=approver, uri=uri)
    if version is None:
        raise UserError("No version is named", where="--version", mend="Give the version that 'train' registered")
    return registry.promote(name, str(version), approver=approver, uri=uri)
