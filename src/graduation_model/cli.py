"""The words typed -> one command. The only place that catches a UserError; imports nothing heavy."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from graduation_model import __version__
from graduation_model.errors import LimitError, UserError, lacks_memory, need_memory, one_line

BUG = 70
FOUND_FAULTS = 1
MEMORY_TO_BEGIN = 256 << 20  # what the libraries take until they are loaded
_NO_MEMORY = "There is not enough memory{found}. Close other programs, or give score smaller --part-rows."
# Made beforehand, and written without Python's buffers: there may be no memory left to make a line, or to print it.
_LAST_WORDS = f"graduation-model: {_NO_MEMORY.format(found='')}\n".encode()

Decorator = Callable[[Callable[..., Any]], Any]
PATH = click.Path(path_type=Path)


class Examples(click.Command):
    """A command whose help ends with an example to copy."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text("Example:")
        with formatter.indentation():
            formatter.write_text(self.example)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="graduation-model")
def main_group() -> None:
    """Readiness to leave a cash-aid programme and stay out of poverty.

    Models that are honest about what they know, an exact reason for every family, lists that people sign. The program
    recommends; people decide.
    """


def _command(example: str, name: str | None = None, of: click.Group = main_group) -> Decorator:
    return of.command(name, cls=Examples, example=example)


def _option(*names: str, **kwargs: Any) -> Decorator:
    return click.option(*names, show_default=kwargs.pop("show_default", True), **kwargs)


def _path(*names: str, **kwargs: Any) -> Decorator:
    return _option(*names, type=PATH, **kwargs)


def _together(*options: Decorator) -> Decorator:
    """Several options as one, in the order in which help lists them."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


programme_option = _option("--programme", required=True, help="A programme's folder, or its name under configs/.")
data_option = _path("--data", required=True, help="Folder with the source files.")
key_option = _path("--key", help="File with a secret of 32 bytes or more: replaces ids that are NIK or KK.")
mapping_option = _path(
    "--mapping", help="Confirmed mapping of columns to questions; default mapping.yaml in the data folder, if any."
)
as_of_option = _option("--as-of", required=True, help="The day whose knowledge counts, YYYY-MM-DD.")
source_options = _together(programme_option, data_option, key_option, mapping_option)
wave_options = _together(source_options, as_of_option)
household_option = _option("--household", required=True, help="The family's id as the lists show it.")
scores_option = _path("--scores", required=True, help="A folder that 'score' wrote.")
quota_option = _option("--quota", type=click.IntRange(min=0), help="At most so many families; default the programme's.")
tune_option = _option(
    "--tune", default=0, type=click.IntRange(min=0), help="Trials of a search for better settings; 0: none."
)
monitor_options = _together(
    _path("--monitor", help="What 'monitor' wrote of this wave: stops where it blocks."),
    _option(
        "--approver", default="", show_default=False, help="Who answers for scoring in spite of a blocking finding."
    ),
)
tracking_option = _path("--tracking", default=".", help="Folder of mlflow.db, where MLFLOW_TRACKING_URI is not set.")
record_data_option = _path("--data", help="The data folder that the scores name.")
folders_argument = click.argument("folders", nargs=-1, required=True, type=PATH)


def _out(default: str | None = None) -> Decorator:
    # To click an explicit default of None is a value: what is required must have no default at all.
    needed: dict[str, Any] = {"required": True} if default is None else {"default": default}
    return _path("--out", help="Folder to write.", **needed)


@dataclass(frozen=True)
class Said:
    """What a command has to say on stdout once its progress is gone, and the code that it ends with."""

    text: str
    code: int = 0


@_command("graduation-model demo --out demo")
@_option("--households", default=50_000, type=click.IntRange(min=1), help="Families in the simulated province.")
@_out("demo")
@_option("--seed", default=1, help="The same seed gives the same province.")
def demo(**arguments: Any) -> Said:
    """Run one simulated year; ends with pages.

    Simulates a province, trains, promotes, scores, selects and reports, and names the pages to open.
    """
    from graduation_model.commands.demo import demo as run

    return Said(run(**arguments).story())


@_command("graduation-model simulate --programme jamsosratu --households 5000 --waves 5 --seed 1 --out data/province")
@programme_option
@_option("--households", default=50_000, type=click.IntRange(min=1), help="Families in the first wave.")
@_option("--waves", default=5, type=click.IntRange(min=1), help="Yearly assessments.")
@_option("--seed", default=1, help="The same seed gives the same bytes.")
@_option("--province", default=None, help="honest, unrecorded, recorded or quiet; else as the programme says.")
@_option("--messy", is_flag=True, help="Workbooks as offices send them, with planted faults and a ledger of them.")
@_out()
def simulate(**arguments: Any) -> Said:
    """Make a province that does not exist.

    Writes assessments, follow-ups, decisions, grants and lines, the truth in a folder that no stage reads, and a page
    that sets what came out beside what was aimed at.
    """
    from graduation_model.commands.simulate import simulate as run

    return Said(run(**arguments).story())


@_command("graduation-model new --from-data families.csv --out configs/mine")
@_path("--from-data", required=True, help="One file of assessments.")
@_option("--name", help="The programme's name; else the folder's.")
@_option("--household", metavar="HEADER", help="The column of the family's id.")
@_option("--date", metavar="HEADER", help="The column of the visit's date or year.")
@_option("--outcome", metavar="HEADER", help="The column that says whether a family stands where the programme hopes.")
@_out()
def new(**arguments: Any) -> Said:
    """Draft a programme from a file.

    Guesses which column is what kind of question, with which answers and bounds. People decide the rest and confirm;
    `check` works before they do, training does not.
    """
    from graduation_model.commands.new import new as run

    return Said(run(**arguments).story())


@_command("graduation-model check --programme juntos --data $ENAHO --out runs/check")
@source_options
@_path("--suggest", help="Only draft a mapping of columns to questions here.")
@_path("--out", help="Folder to write.")
def check(suggest: Path | None, **arguments: Any) -> Said:
    """Check source files; say what to mend.

    Writes checked tables, every failing cell with its reason, and a page in both languages. Ends with 1 where cells
    were set aside. Where columns have other names than the programme's, --suggest drafts which is which.
    """
    if (suggest is None) == (arguments["out"] is None):
        raise UserError("Give either --out (to check) or --suggest (to draft a mapping)", where="check")
    if suggest is not None:
        from graduation_model.commands.suggest import suggest as draft

        return Said(draft(programme=arguments["programme"], data=arguments["data"], to=suggest).story())
    from graduation_model.commands.check import check as run

    result = run(**arguments)
    return Said(result.story(), FOUND_FAULTS if result.quarantined else 0)


@_command("graduation-model form --programme jamsosratu --out form.xlsx")
@programme_option
@_path(
    "--out",
    required=True,
    help="File to write, ending in .xlsx; the follow-up stands beside it.",
)
def form(**arguments: Any) -> Said:
    """Write the questionnaire as an XLSForm.

    The assessment and, beside it, the follow-up, for KoboToolbox or ODK; their exports come back through check
    without a mapping.
    """
    from graduation_model.commands.form import form as run

    return Said(run(**arguments).story())


@_command("graduation-model train --programme juntos --data $ENAHO --as-of 2017-12-31 --out runs/juntos-2017")
@wave_options
@_out()
@tracking_option
@tune_option
def train(**arguments: Any) -> Said:
    """Fit, back-test, track, register.

    Fits with what was known on the as-of date, tries every model and baseline on past years, and registers a
    candidate. Outcomes dated later serve as tests only.
    """
    from graduation_model.commands.train import train as run

    return Said(run(**arguments).story())


@_command(
    "graduation-model retrain --programme juntos --data $ENAHO --as-of 2018-12-31 "
    "--last runs/juntos-2017 --out runs/juntos-2018"
)
@wave_options
@_path(
    "--last",
    required=True,
    help="What 'train' or 'retrain' wrote last year.",
)
@_option("--model", help="Who decides: a bundle, or models:/NAME@ALIAS; default the champion, else last year's.")
@quota_option
@tune_option
@monitor_options
@_out()
@tracking_option
def retrain(**arguments: Any) -> Said:
    """From last year's folder to this year's.

    Counts the outcomes that matured, trains a challenger, compares it with the model that decides, and shows family by
    family what it would change. It promotes nobody: it prints the command with which a named person may.
    """
    from graduation_model.commands.retrain import retrain as run

    return Said(run(**arguments).story())


@_command("graduation-model promote --programme juntos --version 1 --approver 'Siti Rahma, Dinas Sosial'")
@programme_option
@_option("--version", help="The registered version.")
@_option("--approver", required=True, help="The person who decides; kept with the version.")
@_option("--rollback", is_flag=True, help="Go back to the champion before.")
@_option("--language", type=click.Choice(["id", "en"]), default="en", help="Of the reasons.")
@tracking_option
def promote(**arguments: Any) -> Said:
    """Make a version the champion, if the gate opens.

    In a named person's name, who is kept with the version. The gate's reasons are printed either way; where it stays
    closed the command ends with 3. --rollback goes back to the champion before.
    """
    from graduation_model.commands.promote import promote as run

    result = run(**arguments)
    return Said(result.story(), 0 if result.promoted else LimitError.exit_code)


@_command(
    "graduation-model score --programme juntos --data $ENAHO "
    "--as-of 2018-12-31 --model runs/juntos-2017/bundle --out runs/scores-2018"
)
@programme_option
@_option("--data", required=True, help="Folder with the source files, or an address such as s3://BUCKET/FOLDER.")
@key_option
@mapping_option
@as_of_option
@_option("--model", help="A bundle's folder, or models:/NAME@ALIAS; default the programme's champion.")
@_option("--household", help="Score this family alone, seen against the whole wave: after a correction.")
@_option("--restart", is_flag=True, help="Throw away what an interrupted run finished, and begin anew.")
@_option("--engine", default="local", type=click.Choice(["local", "dask"]), help="dask: on a cluster of machines.")
@_option("--scheduler", help="Of a Dask cluster, tcp://HOST:PORT; default one of processes on this machine.")
@_option("--workers", type=click.IntRange(min=1), help="Processes on this machine; default 1, of dask one a core.")
@_option(
    "--part-rows", default=100_000, show_default=True, type=click.IntRange(min=1), help="Visits worked on at once."
)
@monitor_options
@_out()
@tracking_option
def score(**arguments: Any) -> Said:
    """Score a cohort, with exact reasons.

    Every family is accounted for: it has a score, or a reason why not. A run that was interrupted goes on from what it
    finished, to the same bytes. With --monitor it ends with 3 on a finding that the programme marked as blocking.
    """
    from graduation_model.commands.score import score as run

    return Said(run(**arguments).story())


@_command("graduation-model replay --scores runs/scores-2018 --household ID")
@scores_option
@household_option
@_path("--data", help="Default: the folder that the scores name.")
@_option("--model", help="Default: the model that the scores name.")
@key_option
@tracking_option
def replay(**arguments: Any) -> Said:
    """Score a family again, and compare.

    From the model and the inputs that its scores name. Ends with 0 where every number is the same, bit for bit, from
    the same files; with 3 where something differs, and says what.
    """
    from graduation_model.commands.replay import replay as run

    result = run(**arguments)
    return Said(result.story(), 0 if result.same else LimitError.exit_code)


@_command("graduation-model monitor --programme juntos --data $ENAHO --as-of 2018-12-31 --out runs/monitor-2018")
@wave_options
@_option("--model", help="A bundle's folder, or models:/NAME@ALIAS: compares scores and reasons, too.")
@_out()
@tracking_option
def monitor(**arguments: Any) -> Said:
    """Hold a wave against the one before.

    What moved in answers, codes, amounts, scores and reasons, and an audit of facilitators. Where a limit of
    programme.yaml was crossed the command ends with 3.
    """
    from graduation_model.commands.monitor import monitor as run

    result = run(**arguments)
    return Said(result.story(), LimitError.exit_code if result.crossed else 0)


@_command("graduation-model select --programme juntos --scores runs/scores-2018 --quota 250 --out runs/selection-2018")
@programme_option
@scores_option
@quota_option
@_option("--resamples", default=0, type=click.IntRange(min=0), help="Draw the list again so many times.")
@_option("--seed", default=1, help="Of those draws.")
@_option("--language", type=click.Choice(["id", "en"]), default="id", help="Of the workbook.")
@_out()
def select(**arguments: Any) -> Said:
    """Apply the rules: propose, review, keep.

    Makes the best list that keeps every rule, and says what each rule costs. The quota is a ceiling, never a target to
    fill. No model is needed.
    """
    from graduation_model.commands.select import select as run

    return Said(run(**arguments).story())


@_command("graduation-model compare runs/selection-2019 runs/selection-2020 --out runs/compare")
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@_path("--between", help="SECOND's answers scored by FIRST's model.")
@_out()
def compare(**arguments: Any) -> Said:
    """Say who entered, who left, and why.

    Makes both lists again, with one change at a time from FIRST to SECOND: answers, model, each rule, quota.
    """
    from graduation_model.commands.compare import compare as run

    return Said(run(**arguments).story())


@_command("graduation-model report --programme juntos --selection runs/selection-2018 --out runs/report-2018")
@programme_option
@_path("--selection", required=True, help="A folder that 'select' wrote.")
@_path("--scores", help="Default: the folder that the selection names.")
@_path("--data", help="Default: the folder that the scores name.")
@key_option
@mapping_option
@_option(
    "--language",
    type=click.Choice(["id", "en", "both"]),
    default="both",
    help="both: Indonesian at the root, English in en/.",
)
@tracking_option
@_path("--previous", help="The list before: a folder that 'select' wrote.")
@_path("--compare", help="What 'compare' wrote of that list and this one.")
@_path("--training", help="Default: where the bundle that scored lies.")
@_option("--effective", help="YYYY-MM-DD, the day on which decisions take effect.")
@_option("--pdf", is_flag=True, help="Sheets as PDF too, one file a subdistrict; needs graduation-model[pdf].")
@_option(
    "--audience",
    type=click.Choice(["facilitator", "reviewer", "public"]),
    default="reviewer",
    help="Who the pages are for: a folder for each facilitator, everything to sign by, or counts and rules alone.",
)
@_option("--facilitator", help="With --audience facilitator: this one alone, by id.")
@_out()
def report(**arguments: Any) -> Said:
    """Write the sheets, the index, the summary.

    A sheet for every family to be decided on, an index to search, and a page for the cohort, all offline.
    """
    from graduation_model.commands.report import report as run

    return Said(run(**arguments).story())


@_command("graduation-model due --programme jamsosratu --data demo/data --as-of 2021-07-01 --out runs/due")
@programme_option
@data_option
@_path("--selection", help="Plan for its proposed families that nobody decided on.")
@_option("--effective", help="YYYY-MM-DD, the day from which those decisions are expected to hold.")
@key_option
@mapping_option
@as_of_option
@_out()
def due(**arguments: Any) -> Said:
    """List who is to be visited, and by whom.

    Every follow-up visit with its window, how it stands, and a visitor who did not propose the family; a workbook for
    each subdistrict, in both languages.
    """
    from graduation_model.commands.due import due as run

    return Said(run(**arguments).story())


@_command(
    "graduation-model outcomes --programme jamsosratu --data demo/data --selection demo/selection "
    "--as-of 2022-06-30 --out runs/outcomes"
)
@programme_option
@data_option
@_path(
    "--selection",
    "selections",
    multiple=True,
    help="A list that people decided on, as 'select' wrote it; may be given again for other years.",
)
@key_option
@mapping_option
@as_of_option
@_out()
def outcomes(**arguments: Any) -> Said:
    """Say what became of the families.

    How many stayed out of poverty, fell back, or were not found, by decision, district, business capital and kind of
    graduation, with bounds for those not found; when they fell back; and, with --selection, how people decided beside
    the list. A page in both languages.
    """
    from graduation_model.commands.outcomes import outcomes as run

    return Said(run(**arguments).story())


@_command("graduation-model history --programme juntos --out runs/history runs/juntos-2018")
@programme_option
@_path("--out", help="Folder to write; without it the table is only printed.")
@tracking_option
@click.argument("folders", nargs=-1, type=PATH)
def history(**arguments: Any) -> Said:
    """Tell the years as a table.

    Which version was trained, approved and decided, over how many families, and what monitoring found. FOLDERS that
    score, select, monitor, retrain or outcomes wrote are remembered first, beside the model that decided.
    """
    from graduation_model.commands.history import history as run

    return Said(run(**arguments).story())


@_command("graduation-model dictionary --programme jamsosratu --out docs/privacy/data_dictionary_jamsosratu.md")
@programme_option
@_path("--out", required=True, help="File to write, ending in .md.")
def dictionary(**arguments: Any) -> Said:
    """Write what is asked, why, and how long kept.

    Every question with its answers, codes and use, and whether it is specific personal data, in both languages.
    """
    from graduation_model.commands.dictionary import dictionary as run

    return Said(run(**arguments).story())


@main_group.group()
def record() -> None:
    """Export, correct or delete a family's record."""


@_command(
    "graduation-model record export --programme jamsosratu --household ID --data data/2020 "
    "--out runs/export runs/check runs/scores runs/selection runs/report",
    "export",
    of=record,
)
@programme_option
@household_option
@record_data_option
@key_option
@mapping_option
@_out()
@folders_argument
def record_export(**arguments: Any) -> Said:
    """Give a family all that is held on it.

    Answers, scores with every contribution, recommendation, pages and corrections, as a page in both languages, JSON
    and CSV, out of FOLDERS that check, train, score, select and report wrote.
    """
    from graduation_model.commands.record_export import record_export as run

    return Said(run(**arguments).story())


@_command(
    "graduation-model record correct --programme jamsosratu --data data/2020 --household ID --file asked.csv",
    "correct",
    of=record,
)
@programme_option
@data_option
@household_option
@_path(
    "--file",
    required=True,
    help="Columns question, answer, reason, date, by; visit_date and table where it is not the last assessment.",
)
@key_option
@mapping_option
def record_correct(**arguments: Any) -> Said:
    """Correct a family's answers, and say why.

    Checked against the instrument and kept in corrections.parquet beside the data, for every later reading; source
    files are never changed.
    """
    from graduation_model.commands.record_correct import record_correct as run

    return Said(run(**arguments).story())


@_command(
    "graduation-model record delete --household ID --data data/2020 "
    "runs/check runs/scores runs/selection runs/report --yes",
    "delete",
    of=record,
)
@household_option
@record_data_option
@key_option
@_option("--yes", is_flag=True, help="Delete. Without it nothing is changed.")
@folders_argument
def record_delete(**arguments: Any) -> Said:
    """Delete a family from our own folders.

    Rows, pages, lists, workbooks and corrections, in FOLDERS that check, train, score, select, report or record export
    wrote: all of them or none. Without --yes it says what would be deleted.
    """
    from graduation_model.commands.record_delete import record_delete as run

    return Said(run(**arguments).story())


def main(arguments: Sequence[str] | None = None, *, memory: int = 0) -> int:
    """Run one command, if so many bytes of memory are there; returns its exit code.

    0, 1 (check found faults), 2 (mendable), 3 (a limit was crossed) or 70 (a bug).
    """
    try:
        need_memory(memory)
        return _spoken(arguments)
    except MemoryError:
        os.write(2, _LAST_WORDS)
        return UserError.exit_code


def _spoken(arguments: Sequence[str] | None) -> int:
    """Run one command, and say what came of it."""
    from graduation_model.commands.progress import show_progress

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    asks_help = not words or {"-h", "--help", "--version"} & set(words)
    try:
        with nullcontext() if asks_help or not sys.stderr.isatty() else show_progress():
            said = main_group.main(words, prog_name="graduation-model", standalone_mode=False)
    except UserError as error:
        click.echo(f"graduation-model: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return UserError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("graduation-model: stopped; nothing half-written stands in the place of an output", err=True)
        return 130
    except Exception as error:
        if refused := _refused(error):
            click.echo(f"graduation-model: {one_line(refused)}", err=True)
            return UserError.exit_code
        logging.getLogger(__name__).exception("This is a bug in graduation-model: please report it with these lines")
        return BUG
    if not isinstance(said, Said):  # help and version speak for themselves
        return 0
    click.echo(said.text)
    return said.code


def _refused(error: Exception) -> str:
    """What the system refused that a command did not see coming; nothing where it is a bug."""
    if lacks_memory(error):
        found = f" (Python itself failed: {error})" if isinstance(error, SystemError) else ""
        return _NO_MEMORY.format(found=found)
    if isinstance(error, OSError):  # a name too long, a folder that may not be read, a disk that went away
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or type(error).__name__}. Check the path, your rights and the free space."
    return ""


def run() -> None:
    """The console script."""
    # pyarrow's own pool fetches memory anew where the system's would hand on what was just freed (decision 105).
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # OpenBLAS takes memory for each thread when it is loaded, and waits for ever where it is refused (decision 109).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main(memory=MEMORY_TO_BEGIN))
