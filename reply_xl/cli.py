"""The command line. Exit 0: every row updated, unchanged or skipped; 1: could not run; 2: wrong use, or a question that nobody could
answer; 3: some rows need attention."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reply_xl import __version__
from reply_xl.errors import Cancelled, ConfigError, NotAgreed, ReplyXlError

if TYPE_CHECKING:
    from reply_xl.console import Progress
    from reply_xl.model import Outcome
    from reply_xl.plan import Request
    from reply_xl.push import Push
    from reply_xl.sheet import Layout
    from reply_xl.workbook import Workbook

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Prints sentences, never a traceback."""
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reply-xl", description="Edit Reply.io contacts from an Excel sheet.")
    parser.add_argument("--version", action="version", version=f"reply-xl {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("demo", _demo, "Try everything in this folder: a made-up workbook and a server on this computer, no key needed.")
    columns = command("columns", _columns, "Show where each column of the sheet goes in Reply, and why.")
    preview = command("preview", _preview, "Show what would change in Reply. Sends nothing.")
    push = command("push", _push, "Update the contacts in Reply and write the results into the sheet.")
    for subparser in (columns, preview, push):
        _add_sheet_options(subparser)
    for subparser in (preview, push):
        _add_run_options(subparser)
    push.add_argument("--out", metavar="FILE", type=Path, help="write the results into FILE instead of into the workbook")
    push.add_argument("--yes", action="store_true", help="agree to the number of contacts; never to an --allow, never to a wrong ID column")
    whoami = command("whoami", _whoami, "Show whom the API key belongs to.")
    login = command("login", _login, "Check an API key and keep it in the keychain of this computer.")
    logout = command("logout", _logout, "Remove the API key from the keychain of this computer.")
    for subparser in (columns, preview, push, whoami, login, logout):
        subparser.add_argument(
            "--base-url", metavar="URL", help="another server than https://api.reply.io, such as that of “reply-xl sandbox”"
        )
    _add_sandbox_options(command("sandbox", _sandbox, "Run a server on this computer that answers as Reply does, for practice."))
    return parser


def _add_sheet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", metavar="BOOK", type=Path, help="the workbook, .xlsx or .xlsm")
    parser.add_argument("--sheet", metavar="NAME", help="the sheet (default: the one that is active in the file)")
    parser.add_argument("--header-row", metavar="N", type=_row_number, help="the row that holds the headers (default: found by itself)")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output and nothing else")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rows", metavar="ROWS", type=_row_spans, default="all", help="2:50,60, or selection, or all (default: all visible rows)"
    )
    parser.add_argument("--fields", metavar="NAMES", type=_names, help="send only these fields, such as title,notes")
    parser.add_argument("--only-empty", action="store_true", help="send only where Reply holds nothing yet")
    parser.add_argument(
        "--allow", metavar="WORDS", type=_allowed, default=frozenset(), help="of email, owner, account, opt-out, opt-in: what may change"
    )


def _add_sandbox_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8765, help="the port on this computer (default 8765; 0 takes a free one)")
    parser.add_argument("--contacts", metavar="FILE", type=Path, help="a JSON list of contacts to hold instead of the made-up ones")
    parser.add_argument("--latency", metavar="SECONDS", type=float, default=0.0, help="how long every answer takes")
    parser.add_argument(
        "--quota", default=os.environ.get("REPLY_XL_QUOTA", "100/60,3000/3600"), help="N/seconds,N/seconds or off (default: as Reply)"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="settings", help="a switch, such as accounts_feature=true"
    )


def _row_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1_048_576:
        raise argparse.ArgumentTypeError(f"“{text}” is not a row number")
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
        raise argparse.ArgumentTypeError(f"“{text}” is not of {', '.join(GUARDS)}")
    return words


def _request(arguments: argparse.Namespace) -> Request:
    from reply_xl.plan import Request

    return Request(arguments.rows, arguments.header_row, arguments.fields, arguments.only_empty, arguments.allow)


def _columns(arguments: argparse.Namespace) -> int:
    from reply_xl import console
    from reply_xl.plan import read_columns
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook

    with Workbook(arguments.book) as book, contextlib.ExitStack() as stack:
        sheet = book.sheet(arguments.sheet)
        reading = sheet.read_header(arguments.header_row)
        contacts = None
        try:
            contacts = stack.enter_context(Session(arguments.base_url)).contacts
        except ConfigError as error:
            if arguments.base_url:
                raise
            console.say(str(error) + " Custom fields are not looked up.")
        columns, notes = read_columns(reading, contacts)
        if arguments.json:
            print(console.columns_json(sheet.name, reading.header_row, columns))
        else:
            console.show_columns(sheet.name, reading.header_row, columns)
        for note in (*reading.notes, *notes):
            console.say(note)
    return FINE


def _preview(arguments: argparse.Namespace) -> int:
    from reply_xl import console, plan, preview
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook

    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        _interrupts() as cancelled,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        draft = plan.draft(book.sheet(arguments.sheet), session.contacts, session.memory, _request(arguments), on_progress=progress.at)
        progress.stop()
        for note in draft.notes:
            console.say(note)
        if draft.plan.refusal:
            return _refused(draft.plan.refusal, preview.refused(draft), as_json=arguments.json)
        foreseen = preview.foreseen(draft)
        if arguments.json:
            _print_json(foreseen)
        else:
            console.show_preview(draft, foreseen, session.pace.minutes(len(draft.plan.to_send)))
    return _exit_code(foreseen)


def _push(arguments: argparse.Namespace) -> int:
    from reply_xl import console, plan, preview
    from reply_xl.push import Push
    from reply_xl.send import Terms
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook, checked_out

    out = checked_out(arguments.out, arguments.book) if arguments.out else None
    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        contextlib.ExitStack() as stack,
    ):
        cancelled = threading.Event()
        session = stack.enter_context(Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait))
        book.check_savable(out)
        sheet = book.sheet(arguments.sheet)
        with _interrupts(cancelled):
            draft = plan.draft(sheet, session.contacts, session.memory, _request(arguments), on_progress=progress.at)
        for note in draft.notes:
            console.say(note)
        if draft.plan.refusal:
            return _refused(draft.plan.refusal, preview.refused(draft), as_json=arguments.json)
        to_send = draft.plan.to_send
        if len(to_send) > 1 and not arguments.yes:
            _agree(console.question(draft.plan, session.pace.minutes(len(to_send))))
        elif len(to_send) > 1:
            console.say(console.question(draft.plan, session.pace.minutes(len(to_send))))
        push = Push(sheet, draft, keeps_ids=not session.loopback)
        layout = push.prepare()
        book.save(out)
        with _interrupts(cancelled, "Stopping: what is under way is finished, the rest is not sent."):
            progress.start("Updating contacts", len(to_send))
            terms = Terms(session.contacts, draft.policy, session.memory, cancelled, session.pace.pause)
            outcomes = push.send(terms, progress.advance)
            progress.stop()
            lost = _deliver(push, layout, outcomes, book, out, progress)
        if arguments.json:
            _print_json(outcomes)
        else:
            console.show_outcomes(
                [outcome for outcome in outcomes if outcome.word.value not in ("updated", "unchanged")], "Rows to look at"
            )
            print(console.summary(outcomes))
        if lost:
            return _say(lost, COULD_NOT_RUN)
        console.say(f"The results are in {(out or arguments.book).name}.")
    return NEEDS_ATTENTION if cancelled.is_set() else _exit_code(outcomes)


def _deliver(push: Push, layout: Layout, outcomes: Sequence[Outcome], book: Workbook, out: Path | None, progress: Progress) -> str:
    """Writes the outcomes into the book and saves it. If it cannot be saved any more, the results go into a copy beside it, or into
    this user's data folder: a result is never lost. Returns "" or the sentence about that."""
    from reply_xl.config import data_folder
    from reply_xl.errors import SheetError

    try:
        push.write(layout, outcomes)
        book.save(out)
    except SheetError as error:
        wanted = out or book.path
        for folder in (wanted.parent, data_folder()):
            copy = _free_name(folder / f"{wanted.stem}.results{wanted.suffix}")
            with contextlib.suppress(SheetError):
                book.save(copy)
                return f"{error} The results are in {copy}."
        return f"{error} The results are only in what is printed here."
    return ""


def _free_name(path: Path) -> Path:
    """`path`, or the first of `name-2`, `name-3` … that is not there yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _agree(question: str) -> None:
    from reply_xl import console

    if not (sys.stdin and sys.stdin.isatty()):
        console.say(question)
        raise NotAgreed("Nothing was sent, because nobody was asked; add --yes to agree to this number of contacts.", asked=False)
    if not console.ask(question):
        raise NotAgreed("Nothing was sent.", asked=True)


def _refused(refusal: str, outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    from reply_xl import console

    if as_json:
        _print_json(outcomes)
    else:
        console.show_outcomes([outcome for outcome in outcomes if outcome.word.value in ("invalid", "not found")], "Rows that do not fit")
    return _say(refusal, COULD_NOT_RUN)


def _print_json(outcomes: Sequence[Outcome]) -> None:
    from reply_xl import console

    for outcome in outcomes:
        print(console.json_line(outcome))
    sys.stdout.flush()


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    from reply_xl.model import FINE as FINE_WORDS

    return FINE if all(outcome.word in FINE_WORDS for outcome in outcomes) else NEEDS_ATTENTION


@contextlib.contextmanager
def _interrupts(cancelled: threading.Event | None = None, sentence: str = "Stopping.") -> Iterator[threading.Event]:
    """While this lasts, the first Ctrl-C asks the run to stop; a second one ends the program at once."""
    event = cancelled or threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(f"\n{sentence}", file=sys.stderr, flush=True)

    signal.signal(signal.SIGINT, stop)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _whoami(arguments: argparse.Namespace) -> int:
    from reply_xl.session import Session

    with Session(arguments.base_url) as session:
        who = session.contacts.whoami()
        print(
            f"The key belongs to {who.username or 'a user without a name'} (user {who.user_id}, team {who.team_id}) on {session.contacts.base_url}."
        )
    return FINE


def _login(arguments: argparse.Namespace) -> int:
    import getpass

    from reply_xl import config
    from reply_xl.session import Session

    if sys.stdin and sys.stdin.isatty():
        key = getpass.getpass("API key (Settings → API Key in Reply; it is not shown): ").strip()
    else:
        key = (sys.stdin.readline() if sys.stdin else "").strip()
    if not key:
        raise ConfigError("No API key was typed; copy it from Settings → API Key in Reply and try again.")
    with Session(arguments.base_url, key=key) as session:
        who = session.contacts.whoami()
        config.store_key(session.contacts.base_url, key)
    print(f"Connected as {who.username or who.user_id}; the key is in the keychain of this computer.")
    return FINE


def _logout(arguments: argparse.Namespace) -> int:
    from reply_xl import config
    from reply_xl.client import REPLY_URL, checked_base_url

    gone = config.forget_key(checked_base_url(arguments.base_url or REPLY_URL))
    print("The key was removed from the keychain." if gone else "There was no key in the keychain.")
    return FINE


def _demo(arguments: argparse.Namespace) -> int:
    from reply_xl import demo

    return demo.run(Path.cwd())


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return code


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


def _sandbox(arguments: argparse.Namespace) -> int:
    from reply_xl import sandbox

    switches = _switches(arguments.settings)
    contacts, custom_fields = _contacts_file(arguments.contacts) if arguments.contacts else (None, None)

    def ready(url: str) -> None:
        print(f"The practice server answers on {url}; stop it with Ctrl-C.", flush=True)
        print(f"In another window: reply-xl push BOOK --base-url {url}", flush=True)

    try:
        sandbox.run(
            port=arguments.port,
            contacts=contacts,
            custom_fields=custom_fields,
            on_ready=ready,
            **{"latency": arguments.latency, "quota": arguments.quota, **switches},
        )
    except OSError as error:
        raise ConfigError(f"Port {arguments.port} of this computer is taken or closed to you; choose another with --port.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"The practice server cannot start with that: {error}") from error
    return FINE


def _switches(settings: Sequence[str]) -> dict[str, Any]:
    """`name=value` pairs; a value is JSON where it can be read as such, else text."""
    switches: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"“{setting}” is not of the form NAME=VALUE; correct --set.")
        try:
            switches[name] = json.loads(value)
        except ValueError:
            switches[name] = value
    return switches


def _contacts_file(path: Path) -> tuple[Any, Any]:
    """The contacts of a JSON file: a list of them, or an object with `contacts` and `customFields`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} cannot be read as JSON; give a list of contacts.") from error
    return (data.get("contacts"), data.get("customFields")) if isinstance(data, dict) else (data, None)
