"""The command line. Exit 0: every row updated, unchanged or skipped; 1: could not run; 2: wrong use, or a question that nobody could
answer; 3: some rows need attention."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from reply_xl import __version__, commands, live_commands, run_commands, setup_commands
from reply_xl.commands import COULD_NOT_RUN, NEEDS_ATTENTION, WRONG_USE
from reply_xl.errors import Cancelled, NotAgreed, ReplyXlError
from reply_xl.live_commands import Desk
from reply_xl.tab.in_live import in_live

_BOOK = "the workbook: .xlsx, .xlsm or .csv"
_LIVE = "instead of BOOK: the workbook that is open in Excel, and the rows that are selected there"
_ALLOW = "of email, owner, account, opt-out, opt-in: what may change"
_ROWS = "2:50,60, or selection, or all (default: all visible rows)"


def main(argv: Sequence[str] | None = None, desk: Desk | None = None) -> int:
    """Runs one command and returns its exit code. Prints sentences, never a traceback. `desk`: where `--live` looks for Excel."""
    _make_streams_safe()
    _keep_log()
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    wrong = live_commands.unclear(arguments)
    if wrong:
        arguments.wrong(wrong)
    is_live = hasattr(arguments, "run_live") and arguments.live
    words: Callable[[str], str] = in_live if is_live else str
    try:
        return arguments.run_live(arguments, desk or Desk()) if is_live else run(arguments)
    except NotAgreed as error:
        return _say(words(str(error)), COULD_NOT_RUN if error.asked else WRONG_USE)
    except Cancelled:
        return _say("Cancelled; nothing was sent.", NEEDS_ATTENTION)
    except ReplyXlError as error:
        return _say(words(str(error)), COULD_NOT_RUN)
    except KeyboardInterrupt:
        return _say("Stopped.", NEEDS_ATTENTION)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  the reader of our output has gone; nobody is left to tell
        return COULD_NOT_RUN
    except Exception:
        return _say(f"Something unexpected went wrong. {_log_traceback()}", COULD_NOT_RUN)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the list of all options before it."""

    def error(self, message: str) -> NoReturn:
        if message.endswith(": COMMAND"):
            self.exit(
                WRONG_USE, f"Type after {self.prog} what it is to do, such as “{self.prog} demo”; “{self.prog} --help” lists all of it.\n"
            )
        unknown = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(", message)
        if unknown:
            self.exit(WRONG_USE, f"“{self.prog} {unknown[1]}” is nothing that it can do; “{self.prog} --help” lists what it can.\n")
        surplus = re.match(r"unrecognized arguments: (.*)", message, flags=re.DOTALL)
        if surplus and surplus[1].startswith("-"):
            self.exit(WRONG_USE, f"“{surplus[1]}” is no option here; “{self.prog} COMMAND --help” lists those of a command.\n")
        if surplus:
            advice = f'put a name with blanks in it between quotation marks, as in {self.prog} preview "my leads.xlsx"'
            self.exit(WRONG_USE, f"“{surplus[1]}” is too much here; {advice}.\n")
        self.exit(WRONG_USE, f"{message[:1].upper()}{message[1:].rstrip('.')}; “{self.prog} --help” tells how it is written.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reply-xl", description="Edit Reply.io contacts from an Excel sheet.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"reply-xl {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(run=run, wrong=added.error)
        return added

    command("demo", commands.demo, "Try everything in this folder: a made-up workbook and a server on this computer, no key needed.")
    columns = command("columns", commands.columns, "Show where each column of the sheet goes in Reply, and why.")
    preview = command("preview", commands.preview, "Show what would change in Reply. Sends nothing.")
    push = command("push", commands.push, "Update the contacts in Reply and write the results into the sheet.")
    pull = command("pull", commands.pull, "Refresh the cells of a sheet from Reply, or download contacts. Changes nothing in Reply.")
    for subparser in (columns, preview, push, pull):
        subparser.add_argument("book", metavar="BOOK", type=Path, nargs="?", help=_BOOK)
    lives = (live_commands.columns, live_commands.preview, live_commands.push, live_commands.pull)
    for subparser, run_live in zip((columns, preview, push, pull), lives, strict=True):
        subparser.add_argument("--live", action="store_true", help=_LIVE)
        subparser.set_defaults(run_live=run_live)
    pull.add_argument("--new", metavar="FILE", type=Path, help="download into FILE, a workbook that is not there yet (.xlsx)")
    pull.add_argument("--list", metavar="NAME", help="with --new: only the contacts of this list in Reply")
    pull.add_argument("--search", metavar="TEXT", help="with --new: only contacts whose text holds this")
    for subparser in (columns, preview, push, pull):
        _add_sheet_options(subparser)
    for subparser in (columns, preview, push):
        subparser.add_argument("--json", action="store_true", help="print JSON on standard output and nothing else")
    columns.set_defaults(rows="all", fields=None, only_empty=False, allow=frozenset())
    columns.add_argument("--ask-again", action="store_true", help="forget what was agreed to for these headers")
    columns.add_argument("--edit", action="store_true", help="put a sheet “Reply columns” into the workbook, where you choose")
    columns.add_argument("--agree", action="store_true", help="agree to where the columns go, for every workbook with these headers")
    for subparser in (preview, push):
        _add_run_options(subparser)
        subparser.add_argument("--fields", metavar="NAMES", type=_names, help="send only these fields, such as title,notes")
        subparser.add_argument("--only-empty", action="store_true", help="send only where Reply holds nothing yet")
    pull.add_argument("--rows", metavar="ROWS", type=_row_spans, help=_ROWS)
    pull.add_argument("--fields", metavar="NAMES", type=_names, help="refresh only these fields, such as title,phone")
    pull.add_argument("--only-empty", action="store_true", help="fill only cells that are empty")
    pull.add_argument("--overwrite", action="store_true", help="replace cells that hold another value, without being asked")
    pull.set_defaults(allow=frozenset())
    for subparser in (push, pull):
        subparser.add_argument("--out", metavar="FILE", type=Path, help="write into FILE (default: into BOOK, for a .csv beside it)")
    preview.add_argument(
        "--edit", action="store_true", help="put a sheet “Reply preview” into the workbook, where you decide about each line"
    )
    push.add_argument("--plan", action="store_true", help="send what the sheet “Reply preview” of the workbook says, instead of the rows")
    push.add_argument(
        "--yes",
        action="store_true",
        help="agree to the number of contacts and to columns that are not certain; never to an --allow or a wrong ID column",
    )
    whoami = command("whoami", commands.whoami, "Show whom the API key belongs to.")
    login = command("login", commands.login, "Check an API key and keep it in the keychain of this computer.")
    logout = command("logout", commands.logout, "Remove the API key from the keychain of this computer.")
    _add_journal_commands(command, preview, push)
    for subparser in (columns, preview, push, pull, whoami, login, logout):
        subparser.add_argument(
            "--base-url", metavar="URL", help="another server than https://api.reply.io, such as that of “reply-xl sandbox”"
        )
    _add_setup_commands(command)
    _add_sandbox_options(command("sandbox", commands.sandbox, "Run a server on this computer that answers as Reply does, for practice."))
    return parser


def _add_journal_commands(
    command: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser],
    preview: argparse.ArgumentParser,
    push: argparse.ArgumentParser,
) -> None:
    runs = command("runs", run_commands.runs, "List the runs of this computer, the newest first.")
    show = command("show", run_commands.show, "Show what a run changed: contact, field, before, after, outcome.")
    resume = command("resume", run_commands.resume, "Finish a run that was cut short, and write results that wait into their workbook.")
    retry = command("retry", run_commands.retry, "Try the rows of a run again that need it, with what the sheet holds now.")
    undo = command("undo", run_commands.undo, "Put back the values from before a run, where Reply still holds what it wrote.")
    forget = command("forget", run_commands.forget, "Delete old runs and what was known of their contacts from this computer.")
    quota = command("quota", run_commands.quota, "Show how many requests are used, and keep some free for other programs.")
    newest = {show: "newest", resume: "newest unfinished one", retry: "newest", undo: "newest that changed something"}
    for subparser, which in newest.items():
        which = f"the number of the run, as “reply-xl runs” lists it (default: the {which})"
        subparser.add_argument("run_number", metavar="RUN", type=_run_number, nargs="?", help=which)
    either = show.add_mutually_exclusive_group()
    either.add_argument("--csv", action="store_true", help="print CSV: a line for each field of each row")
    either.add_argument("--json", action="store_true", help="print one JSON object")
    for subparser in (runs, resume, retry, undo):
        subparser.add_argument("--json", action="store_true", help="print JSON on standard output and nothing else")
    for subparser in (resume, retry, undo, forget):
        subparser.add_argument("--yes", action="store_true", help="agree without being asked")
    for subparser in (resume, retry, undo):
        subparser.add_argument(
            "--book", metavar="FILE", type=Path, help="where the rows of the run are now, if the workbook was moved or copied"
        )
        subparser.add_argument("--base-url", metavar="URL", help="refuse unless the run was sent there")
    for subparser in (retry, undo):
        subparser.add_argument("--allow", metavar="WORDS", type=_allowed, action=_Also, default=frozenset(), help=_ALLOW)
    for subparser in (preview, push, retry):
        subparser.add_argument(
            "--on-conflict",
            choices=("block", "keep-reply", "take-sheet"),
            default=None if subparser is retry else "block",
            help="where a field was changed in Reply and in the sheet (default block: the row is not sent)",
        )
    for subparser, run_live, what in ((retry, live_commands.retry, "update"), (undo, live_commands.undo, "run")):
        subparser.add_argument("--live", action="store_true", help=f"the last {what} of the sheet that is open in Excel, instead of RUN")
        subparser.set_defaults(run_live=run_live)
    rows = "2:50,60, as the rows are numbered in the sheet now; with --live also selection, the rows that are selected there"
    undo.add_argument("--rows", metavar="ROWS", type=_row_spans, default="all", help=rows)
    undo.add_argument("--fields", metavar="NAMES", type=_names, help="put back only these fields, such as title,notes")
    forget.add_argument("--before", metavar="DATE", type=_date, required=True, help="runs that began before this day, such as 2026-01-31")
    quota.add_argument(
        "--reserve", metavar="PERCENT", type=_percent, help="keep this share of the requests free for other programs (0 to 90)"
    )
    quota.add_argument("--base-url", metavar="URL", help="another server than https://api.reply.io")


def _add_setup_commands(command: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    install = command("install", setup_commands.install, "Put the tab Reply into Excel for this user. No administrator is needed.")
    uninstall = command("uninstall", setup_commands.uninstall, "Take the tab Reply out of Excel again.")
    command("agent", setup_commands.agent, "Wait for clicks in Excel and obey them (install --agent starts this at logon).")
    install.add_argument(
        "--xlam",
        metavar="FILE",
        type=Path,
        action="append",
        help="install this copy of ReplyXL.xlam, or of ReplyXLFunctions.xlam, which your IT signed; may be given twice",
    )
    install.add_argument("--agent", action="store_true", help="where Excel may start no program: start one at logon that waits for clicks")
    install.add_argument(
        "--functions", action="store_true", help="functions for cells as well, such as =REPLY_CHECK(header, value); Windows only"
    )
    doctor = command("doctor", setup_commands.doctor, "Look whether everything that a click in Excel needs is as it should be.")
    doctor.add_argument("--offline", action="store_true", help="do not ask Reply")
    doctor.add_argument("--json", action="store_true", help="print one JSON list on standard output and nothing else")
    doctor.add_argument("--live", action="store_true", help="try everything in an Excel of its own, on scratch workbooks (Windows)")
    doctor.add_argument(
        "--report",
        metavar="FILE",
        type=Path,
        default=Path("reply-xl-doctor.md"),
        help="where --live writes its report (reply-xl-doctor.md)",
    )
    doctor.add_argument("--base-url", metavar="URL", help="ask another server than https://api.reply.io")
    uninstall.add_argument("--everything", action="store_true", help="delete the records of all updates and the API key as well")
    uninstall.add_argument("--yes", action="store_true", help="agree to --everything without being asked")
    for subparser in (install, uninstall, doctor):
        subparser.add_argument("--prefix", metavar="FOLDER", type=Path, help="rehearse in this folder instead of your own ones")
        subparser.add_argument(
            "--as", dest="system", choices=("windows", "mac", "other"), help="with --prefix: the kind of computer that is rehearsed"
        )


def _run_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not the number of a run; “reply-xl runs” lists them")
    return number


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").astimezone()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"“{text}” is not a day; write it as 2026-01-31") from None


def _percent(text: str) -> int:
    number = int(text.strip().removesuffix("%")) if text.strip().removesuffix("%").isdecimal() else -1
    if not 0 <= number <= 90:
        raise argparse.ArgumentTypeError(f"“{text}” is not a share of 0 to 90 percent")
    return number


def _add_sheet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheet", metavar="NAME", help="the sheet (default: the one that is active in the file)")
    parser.add_argument("--header-row", metavar="N", type=_row_number, help="the row that holds the headers (default: found by itself)")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", metavar="ROWS", type=_row_spans, help=_ROWS)
    parser.add_argument("--allow", metavar="WORDS", type=_allowed, action=_Also, default=frozenset(), help=_ALLOW)


def _add_sandbox_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8765, help="the port on this computer (default 8765; 0 takes a free one)")
    parser.add_argument(
        "--contacts",
        metavar="FILE",
        type=Path,
        help="hold the contacts of a workbook, a CSV file or a JSON list instead of the made-up ones",
    )
    parser.add_argument("--latency", metavar="SECONDS", type=float, default=0.0, help="how long every answer takes")
    parser.add_argument("--quota", default="100/60,3000/3600", help="N/seconds,N/seconds or off (default: 100/60,3000/3600, as Reply)")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="settings", help="a switch, such as accounts_feature=true"
    )


def _row_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1_048_576:
        raise argparse.ArgumentTypeError(f"“{text}” is not a row number; rows are written as 2:50,60")
    return number


def _row_spans(text: str) -> list[tuple[int, int]] | str:
    if text.strip().casefold() in ("all", "selection"):
        return text.strip().casefold()
    spans = []
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        start = _row_number(first.strip())
        end = _row_number(last.strip()) if colon else start
        spans.append((min(start, end), max(start, end)))
    return spans


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("names no field")
    return names


class _Also(argparse.Action):
    """An option that may be given several times: what each says counts, not the last one alone."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        setattr(namespace, self.dest, getattr(namespace, self.dest) | values)


def _allowed(text: str) -> frozenset[str]:
    from reply_xl.fields import GUARDS

    words = frozenset(word.strip().casefold() for word in text.split(",") if word.strip())
    unknown = sorted(words - set(GUARDS))
    if unknown or not words:
        raise argparse.ArgumentTypeError(f"“{text}” is not understood; use one or more of {','.join(GUARDS)}")
    return words


def _say(sentence: str, code: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        print("".join(char if char.isprintable() else " " for char in sentence), file=sys.stderr, flush=True)
    return code


def _make_streams_safe() -> None:
    """Output that is closed goes nowhere, and a character that a terminal's encoding lacks becomes `?`: neither ends a run."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  it stays open as long as the program
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class _LogFile(logging.Handler):
    """What goes wrong inside is for a file of this user, made when there is something to write; never for the terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError), _log_file().open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{self.format(record)}\n")


def _log_file() -> Path:
    from reply_xl.config import data_folder

    return data_folder() / "reply-xl.log"


def _keep_log() -> None:
    log = logging.getLogger("reply_xl")
    if not log.handlers:
        handler = _LogFile()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)


def _log_traceback() -> str:
    """Keeps the traceback in the log, and says where that is."""
    logging.getLogger(__name__).exception("unexpected error")
    try:
        return f"Please report it with the file {_log_file()}."
    except OSError:
        return "Please report it with what you did."
