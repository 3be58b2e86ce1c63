"""What each command of the command line does: one function a command, each a short composition of use cases.

Modules are imported where they are needed, so that a command starts no slower than what it uses.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reply_xl.errors import ApiUnreachable, ConfigError, NotAgreed
from reply_xl.interrupts import stoppable, unbroken

if TYPE_CHECKING:
    from reply_xl.model import Outcome
    from reply_xl.plan import Request

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3


def columns(arguments: argparse.Namespace) -> int:
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
            if arguments.base_url is not None:
                raise
            console.say(f"{error} Custom fields are not looked up.")
        try:
            found, notes = read_columns(reading, contacts)
        except ApiUnreachable as error:
            found, notes = read_columns(reading, None)
            console.say(f"{error} Custom fields are not looked up.")
        if arguments.json:
            print(console.columns_json(sheet.name, reading.header_row, found))
        else:
            console.show_columns(sheet.name, reading.header_row, found)
        _say_all(*book.notes, *reading.notes, *notes)
    return FINE


def preview(arguments: argparse.Namespace) -> int:
    from reply_xl import console, plan
    from reply_xl.preview import foreseen, refused
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook

    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        stoppable(threading.Event()) as cancelled,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        draft = plan.draft(book.sheet(arguments.sheet), session.contacts, session.memory, _request(arguments), on_progress=progress.at)
        progress.stop()
        _say_all(*book.notes, *draft.notes)
        if draft.plan.refusal:
            return _refused(draft.plan.refusal, refused(draft), as_json=arguments.json)
        outcomes = foreseen(draft)
        if arguments.json:
            _print_json(outcomes)
        else:
            console.show_preview(draft, outcomes, session.pace.minutes(len(draft.plan.to_send)))
    return _exit_code(outcomes)


def push(arguments: argparse.Namespace) -> int:
    from reply_xl import console, plan
    from reply_xl.delivery import deliver
    from reply_xl.preview import refused
    from reply_xl.push import Push
    from reply_xl.send import Terms
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook, checked_out

    out = checked_out(arguments.out, arguments.book)
    cancelled = threading.Event()
    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        book.check_savable(out, arguments.sheet, arguments.header_row)
        sheet = book.sheet(arguments.sheet)
        with stoppable(cancelled):
            draft = plan.draft(sheet, session.contacts, session.memory, _request(arguments), on_progress=progress.at)
        _say_all(*book.notes, *draft.notes)
        if draft.plan.refusal:
            return _refused(draft.plan.refusal, refused(draft), as_json=arguments.json)
        to_send = draft.plan.to_send
        if len(to_send) > 1:
            question = console.question(draft.plan, session.pace.minutes(len(to_send)))
            _agree(question, "Update them?", "--yes", agreed=arguments.yes)
        run = Push(sheet, draft, keeps_ids=not session.loopback)
        layout = run.prepare()
        book.save(out)
        # From here on something may be stored in Reply: no signal may keep its outcome from being written.
        with unbroken():
            with stoppable(cancelled, "Stopping: what is under way is finished, the rest is not sent."):
                progress.start("Updating contacts", len(to_send))
                terms = Terms(session.contacts, draft.policy, session.memory, cancelled, session.pace.pause)
                outcomes = run.send(terms, progress.advance)
            progress.stop()
            lost = deliver(run, layout, outcomes, book, out)
        if arguments.json:
            _print_json(outcomes)
        else:
            console.show_results(outcomes, everything=bool(lost))
        if lost:
            console.say(lost)
            return COULD_NOT_RUN
        console.say(f"The results are in {(out or arguments.book).name}.")
    return NEEDS_ATTENTION if cancelled.is_set() else _exit_code(outcomes)


def pull(arguments: argparse.Namespace) -> int:
    if arguments.new is not None:
        return _pull_new(arguments)
    if arguments.list is not None or arguments.search is not None:
        raise ConfigError("--list and --search choose what --new FILE downloads; leave them out, or add --new.")
    from reply_xl import console
    from reply_xl.pull import refreshing
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook, checked_out

    if arguments.overwrite and arguments.only_empty:
        raise ConfigError("--overwrite replaces values and --only-empty leaves them; use one of the two.")
    out = checked_out(arguments.out, arguments.book)
    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        stoppable(threading.Event()) as cancelled,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        book.check_savable(out, arguments.sheet, arguments.header_row)
        sheet = book.sheet(arguments.sheet)
        found = refreshing(sheet, session.contacts, _request(arguments), on_progress=progress.at)
        progress.stop()
        _say_all(*book.notes, *found.notes)
        if found.refusal:
            return _refused(found.refusal, found.problems, as_json=False)
        if found.replaces:
            _agree(
                console.replaced(found),
                "Replace them?",
                "--overwrite to replace them, or --only-empty to leave them",
                agreed=arguments.overwrite,
            )
        writes = bool(found.fills or found.replaces)
        if writes:
            found.write(sheet)
        if writes or out:
            book.save(out)
        console.show_outcomes(found.problems, "Rows to look at")
        console.say(console.refreshed(found, (out or arguments.book).name))
    return _exit_code(found.problems)


def _pull_new(arguments: argparse.Namespace) -> int:
    from reply_xl import pull_new

    if arguments.sheet or arguments.header_row or arguments.rows != "all" or arguments.fields or arguments.only_empty or arguments.out:
        raise ConfigError("--new downloads every field of each contact; choose contacts with --list and --search, and leave the rest out.")
    with stoppable(threading.Event(), "Stopping: what has been read is kept.") as cancelled:
        return pull_new.run(arguments.new, arguments.list, arguments.search, arguments.base_url, cancelled)


def whoami(arguments: argparse.Namespace) -> int:
    from reply_xl.session import Session
    from reply_xl.values import shown

    with Session(arguments.base_url) as session:
        who = session.contacts.whoami()
        name = shown(who.username) or "a user without a name"
        print(f"The key belongs to {name} (user {who.user_id}, team {who.team_id}) on {session.contacts.base_url}.")
    return FINE


def login(arguments: argparse.Namespace) -> int:
    import getpass

    from reply_xl import config
    from reply_xl.session import Session
    from reply_xl.values import shown

    if sys.stdin and sys.stdin.isatty():
        key = getpass.getpass("API key (Settings → API Key in Reply; it is not shown): ").strip()
    else:
        key = (sys.stdin.readline() if sys.stdin else "").strip()
    if not key:
        raise ConfigError("No API key was typed; copy it from Settings → API Key in Reply and try again.")
    with Session(arguments.base_url, key=key) as session:
        who = session.contacts.whoami()
        config.store_key(session.contacts.base_url, key)
    print(f"Connected as {shown(who.username) or who.user_id}; the key is in the keychain of this computer.")
    return FINE


def logout(arguments: argparse.Namespace) -> int:
    from reply_xl import config
    from reply_xl.client import REPLY_URL, checked_base_url

    gone = config.forget_key(checked_base_url(REPLY_URL if arguments.base_url is None else arguments.base_url))
    print("The key was removed from the keychain." if gone else "There was no key in the keychain.")
    return FINE


def demo(arguments: argparse.Namespace) -> int:
    from reply_xl import demo

    return demo.run(Path.cwd())


def sandbox(arguments: argparse.Namespace) -> int:
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
    except (OSError, OverflowError) as error:
        raise ConfigError(f"Port {arguments.port} of this computer is taken or closed to you; choose another with --port.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"The practice server cannot start with that: {error}.") from error
    return FINE


def _request(arguments: argparse.Namespace) -> Request:
    from reply_xl.plan import Request

    return Request(arguments.rows, arguments.header_row, arguments.fields, arguments.only_empty, arguments.allow)


def _agree(statement: str, question: str, options: str, *, agreed: bool) -> None:
    """Says what is about to happen, and asks unless it is `agreed` to. Raises `NotAgreed`."""
    from reply_xl import console

    console.say(statement)
    if agreed:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise NotAgreed(f"Nothing was changed, because nobody was there to answer; add {options}.", asked=False)
    if not console.ask(question):
        raise NotAgreed("Nothing was changed.", asked=True)


def _refused(refusal: str, outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    from reply_xl import console
    from reply_xl.model import Word

    if as_json:
        _print_json(outcomes)
    else:
        unfit = [outcome for outcome in outcomes if outcome.word in (Word.INVALID, Word.NOT_FOUND)]
        console.show_outcomes(unfit, "Rows that do not fit")
    console.say(refusal)
    return COULD_NOT_RUN


def _print_json(outcomes: Sequence[Outcome]) -> None:
    from reply_xl import console

    for outcome in outcomes:
        print(console.json_line(outcome))
    sys.stdout.flush()


def _say_all(*notes: str) -> None:
    from reply_xl import console

    for note in notes:
        console.say(note)


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    from reply_xl.model import FINE as FINE_WORDS

    return FINE if all(outcome.word in FINE_WORDS for outcome in outcomes) else NEEDS_ATTENTION


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
    """The contacts of a workbook, or of a JSON file: a list of them, or an object with `contacts` and `customFields`."""
    if path.suffix.casefold() != ".json":
        from reply_xl.practice import contacts_of

        return contacts_of(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} cannot be read as JSON; name a workbook, or a JSON list of contacts.") from error
    return (data.get("contacts"), data.get("customFields")) if isinstance(data, dict) else (data, None)
