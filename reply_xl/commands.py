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

from reply_xl.errors import ApiUnreachable, ConfigError
from reply_xl.interrupts import stoppable

if TYPE_CHECKING:
    from reply_xl.plan import Request
    from reply_xl.runs import Run

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3


def columns(arguments: argparse.Namespace) -> int:
    from reply_xl import console
    from reply_xl.choices import header_keys
    from reply_xl.dialogue import agree_to_columns, deliver_waiting, say_all, with_choices
    from reply_xl.plan import read_columns
    from reply_xl.records import Records
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook

    deliver_waiting(arguments.book)
    with Workbook(arguments.book) as book, contextlib.ExitStack() as stack:
        sheet = book.sheet(arguments.sheet)
        reading = sheet.read_header(arguments.header_row)
        request = with_choices(_request(arguments), book)
        contacts = None
        try:
            contacts = stack.enter_context(Session(arguments.base_url)).contacts
        except ConfigError as error:
            if arguments.base_url is not None:
                raise
            console.say(f"{error} Custom fields are not looked up.")
        try:
            found, unseen, notes = read_columns(reading, contacts, request.agreed, request.proposed)
        except ApiUnreachable as error:
            found, unseen, notes = read_columns(reading, None, request.agreed, request.proposed)
            console.say(f"{error} Custom fields are not looked up.")
        if arguments.json:
            print(console.columns_json(sheet.name, reading.header_row, found, unseen))
        else:
            console.show_columns(sheet.name, reading.header_row, found)
        say_all(*book.notes, *reading.notes, *notes)
        if arguments.ask_again:
            with Records() as records:
                count = records.agreements.forget(header_keys(reading.headers))
            console.say(f"What was agreed to for {count} of these headers is forgotten; push will ask again.")
        elif arguments.agree:
            agree_to_columns(unseen, agreed=not any(one.by_workbook for one in unseen))
        elif unseen and not arguments.json:
            console.say(console.unseen(unseen))
        if arguments.edit:
            book.check_savable()
            name = book.write_columns(found, reading.rows, contacts.custom_fields() if contacts else ())
            book.save()
            console.say(f"The sheet “{name}” is in {book.path.name} now: choose there, save, and run reply-xl preview {book.path.name}.")
    return FINE


def preview(arguments: argparse.Namespace) -> int:
    from reply_xl import console, plan
    from reply_xl.dialogue import deliver_waiting, exit_code, refused_as_a_whole, say_all, unfinished, with_choices
    from reply_xl.hygiene import hints
    from reply_xl.preview import foreseen, refused
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook

    deliver_waiting(arguments.book)
    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        stoppable(threading.Event()) as cancelled,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        sheet = book.sheet(arguments.sheet)
        bases = session.bases(arguments.book, sheet.name)
        request = with_choices(_request(arguments), book)
        draft = plan.draft(sheet, session.contacts, session.memory, request, bases=bases, on_progress=progress.at)
        progress.stop()
        if draft.unseen:
            say_all(console.unseen(draft.unseen))
        say_all(*book.notes, *draft.notes, *unfinished(session.records, arguments.book, session.contacts.base_url))
        if draft.plan.refusal:
            return refused_as_a_whole(draft.plan.refusal, refused(draft), as_json=arguments.json)
        outcomes = foreseen(draft)
        worth_a_look = hints(draft.rows, draft.columns)
        if arguments.json:
            says: dict[int, list[str]] = {}
            for hint in worth_a_look:
                says.setdefault(hint.row, []).append(hint.says)
            for outcome in outcomes:
                more = {"hints": says[outcome.row]} if outcome.row in says else {}
                print(console.json_line(outcome, **more))
        else:
            console.show_preview(draft, outcomes, session.pace.minutes(len(draft.plan.to_send)), worth_a_look)
            say_all(*console.baseless(draft.plan))
    return exit_code(outcomes)


def push(arguments: argparse.Namespace) -> int:
    return update(arguments, arguments.book, _request(arguments))


def update(arguments: argparse.Namespace, path: Path, request: Request, *, of: Run | None = None) -> int:
    """Pushes the rows of `request`. `of`: the run that is tried again."""
    from reply_xl import console, plan
    from reply_xl.conduct import conduct
    from reply_xl.dialogue import (
        agree,
        agree_to_columns,
        deliver_waiting,
        refuse_if_running,
        refuse_other_workspace,
        refused_as_a_whole,
        say_all,
        show_conducted,
        unfinished,
        with_choices,
    )
    from reply_xl.preview import refused
    from reply_xl.push import Push
    from reply_xl.send import Terms
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook, checked_out

    out = checked_out(arguments.out, path)
    cancelled = threading.Event()
    deliver_waiting(path)
    with (
        console.Progress() as progress,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        with Workbook(path) as book:
            book.check_savable(out, arguments.sheet, arguments.header_row)
            sheet = book.sheet(arguments.sheet)
            refuse_if_running(session.records, path)
            left = unfinished(session.records, path, session.contacts.base_url) if of is None else []
            with stoppable(cancelled):
                bases = session.bases(path, sheet.name)
                request = with_choices(request, book)
                draft = plan.draft(sheet, session.contacts, session.memory, request, bases=bases, on_progress=progress.at)
                server = session.server() if of is None else refuse_other_workspace(of, session)
            say_all(*book.notes, *draft.notes, *left)
            if draft.plan.refusal:
                return refused_as_a_whole(draft.plan.refusal, refused(draft), as_json=arguments.json)
            to_send = draft.plan.to_send
            if to_send:
                agree_to_columns(draft.unseen, agreed=arguments.yes)
            if len(to_send) > 1 or (left and to_send):
                question = console.question(draft.plan, session.pace.minutes(len(to_send)))
                agree(question, "Update them?", "add --yes", agreed=arguments.yes)
            run = Push(sheet, draft, path, out or path, keeps_ids=not session.loopback, of=of.id if of else None)
            run.prepare()
            book.save(out)
            number = run.start(session.records.journal, server)
        progress.start("Updating contacts", len(to_send))
        terms = Terms(session.contacts, draft.policy, session.memory, cancelled, session.pace.pause)
        done = conduct(session.records, number, to_send, terms, progress.advance)
        progress.stop()
        outcomes = sorted([*draft.plan.standing(), *done.outcomes], key=lambda outcome: outcome.row)
        return show_conducted(session.records, number, outcomes, done, as_json=arguments.json, cancelled=cancelled.is_set())


def pull(arguments: argparse.Namespace) -> int:
    if arguments.new is not None:
        return _pull_new(arguments)
    if arguments.list is not None or arguments.search is not None:
        raise ConfigError("--list and --search choose what --new FILE downloads; leave them out, or add --new.")
    from reply_xl import console
    from reply_xl.dialogue import agree, agree_to_columns, deliver_waiting, exit_code, refused_as_a_whole, say_all, with_choices
    from reply_xl.pull import refreshing
    from reply_xl.session import Session
    from reply_xl.workbook import Workbook, checked_out

    if arguments.overwrite and arguments.only_empty:
        raise ConfigError("--overwrite replaces values and --only-empty leaves them; use one of the two.")
    out = checked_out(arguments.out, arguments.book)
    deliver_waiting(arguments.book)
    with (
        Workbook(arguments.book) as book,
        console.Progress() as progress,
        stoppable(threading.Event()) as cancelled,
        Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session,
    ):
        book.check_savable(out, arguments.sheet, arguments.header_row)
        sheet = book.sheet(arguments.sheet)
        found = refreshing(sheet, session.contacts, with_choices(_request(arguments), book), on_progress=progress.at)
        progress.stop()
        say_all(*book.notes, *found.notes)
        if found.refusal:
            return refused_as_a_whole(found.refusal, found.problems, as_json=False)
        if found.fills or found.replaces:
            agree_to_columns([one for one in found.unseen if one.by_workbook], agreed=False)
        if found.replaces:
            agree(
                console.replaced(found),
                "Replace them?",
                "add --overwrite to replace them, or --only-empty to leave them",
                agreed=arguments.overwrite,
            )
        writes = bool(found.fills or found.replaces)
        if writes:
            found.write(sheet)
        if writes or out:
            book.save(out)
        if session.place:
            session.records.bases(session.place, str((out or arguments.book).absolute()), sheet.name).set(found.bases())
        console.show_outcomes(found.problems, "Rows to look at")
        console.say(console.refreshed(found, (out or arguments.book).name))
    return exit_code(found.problems)


def _pull_new(arguments: argparse.Namespace) -> int:
    from reply_xl import pull_new

    if arguments.sheet or arguments.header_row or arguments.rows != "all" or arguments.fields or arguments.only_empty or arguments.out:
        raise ConfigError("--new downloads every field of each contact; choose contacts with --list and --search, and leave the rest out.")
    with stoppable(threading.Event(), "Stopping: what has been read is kept.") as cancelled:
        return pull_new.run(arguments.new, arguments.list, arguments.search, arguments.base_url, cancelled)


def whoami(arguments: argparse.Namespace) -> int:
    from reply_xl.cell_text import shown
    from reply_xl.session import Session

    with Session(arguments.base_url) as session:
        who = session.contacts.whoami()
        name = shown(who.username) or "a user without a name"
        print(f"The key belongs to {name} (user {who.user_id}, team {who.team_id}) on {session.contacts.base_url}.")
    return FINE


def login(arguments: argparse.Namespace) -> int:
    import getpass

    from reply_xl import config
    from reply_xl.cell_text import shown
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
    from reply_xl.patches import OnConflict
    from reply_xl.plan import Request

    on_conflict = OnConflict(getattr(arguments, "on_conflict", OnConflict.BLOCK))
    return Request(arguments.rows, arguments.header_row, arguments.fields, arguments.only_empty, arguments.allow, on_conflict)


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
