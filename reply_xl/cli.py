"""The command line. Exit 0: every row updated, unchanged or skipped; 1: could not run; 2: wrong use, or a question that nobody could
answer; 3: some rows need attention."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from reply_xl import __version__, commands
from reply_xl.commands import COULD_NOT_RUN, NEEDS_ATTENTION, WRONG_USE
from reply_xl.errors import Cancelled, NotAgreed, ReplyXlError

_BOOK = "the workbook: .xlsx, .xlsm or .csv"
_ROWS = "2:50,60, or selection, or all (default: all visible rows)"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Prints sentences, never a traceback."""
    _make_streams_safe()
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except NotAgreed as error:
        return _say(str(error), COULD_NOT_RUN if error.asked else WRONG_USE)
    except Cancelled:
        return _say("Cancelled; nothing was sent.", NEEDS_ATTENTION)
    except ReplyXlError as error:
        return _say(str(error), COULD_NOT_RUN)
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
        self.exit(WRONG_USE, f"{message[:1].upper()}{message[1:].rstrip('.')}; “{self.prog} --help” tells how it is written.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reply-xl", description="Edit Reply.io contacts from an Excel sheet.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"reply-xl {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    command("demo", commands.demo, "Try everything in this folder: a made-up workbook and a server on this computer, no key needed.")
    columns = command("columns", commands.columns, "Show where each column of the sheet goes in Reply, and why.")
    preview = command("preview", commands.preview, "Show what would change in Reply. Sends nothing.")
    push = command("push", commands.push, "Update the contacts in Reply and write the results into the sheet.")
    pull = command("pull", commands.pull, "Refresh the cells of a sheet from Reply, or download contacts. Changes nothing in Reply.")
    either = pull.add_mutually_exclusive_group(required=True)
    for subparser in (columns, preview, push):
        subparser.add_argument("book", metavar="BOOK", type=Path, help=_BOOK)
    either.add_argument("book", metavar="BOOK", type=Path, nargs="?", help=_BOOK)
    either.add_argument("--new", metavar="FILE", type=Path, help="download into FILE, a workbook that is not there yet (.xlsx)")
    pull.add_argument("--list", metavar="NAME", help="with --new: only the contacts of this list in Reply")
    pull.add_argument("--search", metavar="TEXT", help="with --new: only contacts whose text holds this")
    for subparser in (columns, preview, push, pull):
        _add_sheet_options(subparser)
    for subparser in (columns, preview, push):
        subparser.add_argument("--json", action="store_true", help="print JSON on standard output and nothing else")
    for subparser in (preview, push):
        _add_run_options(subparser)
        subparser.add_argument("--fields", metavar="NAMES", type=_names, help="send only these fields, such as title,notes")
        subparser.add_argument("--only-empty", action="store_true", help="send only where Reply holds nothing yet")
    pull.add_argument("--rows", metavar="ROWS", type=_row_spans, default="all", help=_ROWS)
    pull.add_argument("--fields", metavar="NAMES", type=_names, help="refresh only these fields, such as title,phone")
    pull.add_argument("--only-empty", action="store_true", help="fill only cells that are empty")
    pull.add_argument("--overwrite", action="store_true", help="replace cells that hold another value, without being asked")
    pull.set_defaults(allow=frozenset())
    for subparser in (push, pull):
        subparser.add_argument("--out", metavar="FILE", type=Path, help="write into FILE (default: into BOOK, for a .csv beside it)")
    push.add_argument("--yes", action="store_true", help="agree to the number of contacts; never to an --allow, never to a wrong ID column")
    whoami = command("whoami", commands.whoami, "Show whom the API key belongs to.")
    login = command("login", commands.login, "Check an API key and keep it in the keychain of this computer.")
    logout = command("logout", commands.logout, "Remove the API key from the keychain of this computer.")
    for subparser in (columns, preview, push, pull, whoami, login, logout):
        subparser.add_argument(
            "--base-url", metavar="URL", help="another server than https://api.reply.io, such as that of “reply-xl sandbox”"
        )
    _add_sandbox_options(command("sandbox", commands.sandbox, "Run a server on this computer that answers as Reply does, for practice."))
    return parser


def _add_sheet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheet", metavar="NAME", help="the sheet (default: the one that is active in the file)")
    parser.add_argument("--header-row", metavar="N", type=_row_number, help="the row that holds the headers (default: found by itself)")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", metavar="ROWS", type=_row_spans, default="all", help=_ROWS)
    parser.add_argument(
        "--allow", metavar="WORDS", type=_allowed, default=frozenset(), help="of email, owner, account, opt-out, opt-in: what may change"
    )


def _add_sandbox_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8765, help="the port on this computer (default 8765; 0 takes a free one)")
    parser.add_argument(
        "--contacts", metavar="FILE", type=Path, help="hold the contacts of a workbook, or of a JSON list, instead of the made-up ones"
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


def _log_traceback() -> str:
    """Keeps the traceback in a file of this user, and says where."""
    from reply_xl.config import data_folder

    try:
        file = data_folder() / "reply-xl.log"
        logging.basicConfig(filename=file, format="%(asctime)s %(message)s", force=True)
        logging.getLogger(__name__).exception("unexpected error")
    except OSError:
        return "Please report it with what you did."
    return f"Please report it with the file {file}."
