"""What each command of the command line does: one function a command, each a short composition of use cases.

Modules are imported where they are needed, so that a command starts no slower than what it uses.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reply_xl.errors import ApiUnreachable, ConfigError
from reply_xl.interrupts import Stop, stoppable

if TYPE_CHECKING:
    from reply_xl.face import Face
    from reply_xl.mapping.region import Spans
    from reply_xl.place import Place
    from reply_xl.plan import Request
    from reply_xl.session import Session
    from reply_xl.terminal import Terminal

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3
_ASKED_ONCE = "An update asks about them once"


def columns(arguments: argparse.Namespace) -> int:
    from reply_xl import console
    from reply_xl.dialogue import deliver_waiting
    from reply_xl.network.base_urls import repeated
    from reply_xl.terminal import Terminal
    from reply_xl.workbook import FilePlace

    face = Terminal(console.Progress())
    place = FilePlace(arguments.book, None, arguments.sheet)
    deliver_waiting(face, place)
    return columns_of(arguments, face, place, f"choose there, save, and run reply-xl preview {place.name}{repeated(arguments.base_url)}")


def columns_of(arguments: argparse.Namespace, face: Face, place: Place, then: str) -> int:
    """Shows where the columns of the sheet at `place` go. `then`: what to do with the sheet that `--edit` writes."""
    from reply_xl import console, sentences
    from reply_xl.dialogue import agree_to_columns, with_choices
    from reply_xl.history.records import Records
    from reply_xl.mapping.choices import header_keys
    from reply_xl.plan import read_columns
    from reply_xl.session import Session

    with place.kept_open(), contextlib.ExitStack() as stack:
        with place.open() as book:
            sheet = book.sheet(place.sheet)
            reading, name = sheet.read_header(arguments.header_row), sheet.name
            request, notes = with_choices(face, request_of(arguments), book), book.notes
        contacts = None
        try:
            contacts = stack.enter_context(Session(arguments.base_url)).contacts
        except ConfigError as error:
            if arguments.base_url is not None:
                raise
            console.say(f"{error} Custom fields are not looked up.")
        try:
            found, unseen, more = read_columns(reading, contacts, request.agreed, request.proposed)
        except ApiUnreachable as error:
            found, unseen, more = read_columns(reading, None, request.agreed, request.proposed)
            console.say(f"{error} Custom fields are not looked up.")
        if arguments.json:
            print(console.columns_json(name, reading.header_row, found, unseen))
        else:
            console.show_columns(name, reading.header_row, found)
        face.say(*notes, *reading.notes, *more)
        if arguments.ask_again:
            with Records() as records:
                count = records.agreements.forget(header_keys(reading.headers))
            console.say(f"What was agreed to for {count} of these headers is forgotten; push will ask again.")
        elif arguments.agree:
            agree_to_columns(face, unseen, agreed=not any(one.by_workbook for one in unseen))
        elif unseen and not arguments.json:
            console.say(f"{sentences.unseen(unseen)}\n{_ASKED_ONCE}; --agree agrees to them now, --edit lets you choose.")
        if arguments.edit:
            customs = contacts.custom_fields() if contacts else ()
            with place.open(to_write=True) as book:
                book.check_savable()
                page = book.write_columns(found, reading.rows, customs)
                book.save()
            console.say(f"The sheet “{page}” is in {place.name} now: {then}.")
    return FINE


def preview(arguments: argparse.Namespace) -> int:
    from reply_xl import console
    from reply_xl.dialogue import deliver_waiting
    from reply_xl.network.base_urls import repeated
    from reply_xl.session import Session
    from reply_xl.terminal import Terminal
    from reply_xl.workbook import FilePlace

    place = FilePlace(arguments.book, None, arguments.sheet)
    with console.Progress() as progress, stoppable(Stop()) as cancelled:
        face = Terminal(progress, as_json=arguments.json)
        deliver_waiting(face, place)
        with place.kept_open(), Session(arguments.base_url, cancelled=cancelled, on_wait=progress.wait) as session:
            then = f"save, and press Update on it or run reply-xl push {place.name} --plan{repeated(arguments.base_url)}"
            return preview_of(face, place, session, request_of(arguments), as_json=arguments.json, edit=arguments.edit, then=then)


def preview_of(face: Terminal, place: Place, session: Session, request: Request, *, as_json: bool, edit: bool, then: str) -> int:
    """Prints what `request` would change. `edit`: writes it into the workbook as well; `then`: how that is sent."""
    from reply_xl import console, jobs, plan, sentences
    from reply_xl.dialogue import refuse_practice_in_earnest, unfinished, with_choices
    from reply_xl.mapping.hygiene import hints
    from reply_xl.preview import foreseen, refused
    from reply_xl.terminal import exit_code

    with place.open() as book:
        sheet = book.sheet(place.sheet)
        name = sheet.name
        refuse_practice_in_earnest(sheet, session)
        request, notes = with_choices(face, request, book), book.notes
        reading = sheet.read(request.rows, request.header_row)
    draft = plan.draft(
        reading,
        session.contacts,
        session.memory,
        request,
        bases=session.bases(place.key, name),
        on_progress=face.progress.at,
        on_many=jobs.on_many(face, session),
    )
    face.progress.stop()
    if draft.unseen:
        face.say(f"{sentences.unseen(draft.unseen)}\n{_ASKED_ONCE}.")
    face.say(*notes, *draft.notes, *unfinished(session.records, place.key, session.contacts.base_url))
    if draft.plan.refusal:
        return face.refused(draft.plan.refusal, refused(draft))
    outcomes = foreseen(draft)
    worth_a_look = hints(draft.rows, draft.columns)
    if as_json:
        says: dict[int, list[str]] = {}
        for hint in worth_a_look:
            says.setdefault(hint.row, []).append(hint.says)
        for outcome in outcomes:
            more = {"hints": says[outcome.row]} if outcome.row in says else {}
            print(console.json_line(outcome, **more))
    else:
        console.show_preview(draft, outcomes, session.pace.minutes(len(draft.plan.to_send)), worth_a_look)
        face.say(*sentences.baseless(draft.plan))
    if edit:
        with place.open(to_write=True) as book:
            face.say(jobs.preview_into(book, place, draft, name, worth_a_look, session.contacts.base_url, then))
    return exit_code(outcomes)


def push(arguments: argparse.Namespace) -> int:
    from reply_xl import console, jobs
    from reply_xl.dialogue import deliver_waiting
    from reply_xl.session import Session
    from reply_xl.terminal import Terminal
    from reply_xl.workbook import FilePlace, checked_out

    if arguments.plan:
        refuse_beside_plan(arguments)
    out = checked_out(arguments.out, arguments.book)
    place = FilePlace(arguments.book, out, None if arguments.plan else arguments.sheet, arguments.header_row)
    with console.Progress() as progress:
        face = Terminal(progress, yes=arguments.yes, as_json=arguments.json)
        deliver_waiting(face, place)
        with Session(arguments.base_url, cancelled=Stop(), on_wait=progress.wait) as session:
            if arguments.plan:
                return jobs.apply_preview(face, place, session, arguments.sheet, allow=arguments.allow)
            return jobs.update(face, place, session, request_of(arguments))


def refuse_beside_plan(arguments: argparse.Namespace) -> None:
    """The preview sheet says which rows and fields are sent, and how each conflict ends."""
    given = {
        "--rows": arguments.rows is not None,
        "--header-row": arguments.header_row is not None,
        "--fields": arguments.fields is not None,
        "--only-empty": arguments.only_empty,
        "--on-conflict": arguments.on_conflict != "block",
    }
    wrong = [option for option, is_given in given.items() if is_given]
    if wrong:
        raise ConfigError(f"With --plan the preview sheet says what is sent; leave {' and '.join(wrong)} out, and choose in the sheet.")


def pull(arguments: argparse.Namespace) -> int:
    if arguments.new is not None:
        return _pull_new(arguments)
    if arguments.list is not None or arguments.search is not None:
        raise ConfigError("--list and --search choose what --new FILE downloads; leave them out, or add --new.")
    from reply_xl import console, jobs
    from reply_xl.dialogue import deliver_waiting
    from reply_xl.session import Session
    from reply_xl.terminal import Terminal
    from reply_xl.workbook import FilePlace, checked_out

    refuse_overwriting_twice(arguments)
    place = FilePlace(arguments.book, checked_out(arguments.out, arguments.book), arguments.sheet, arguments.header_row)
    with console.Progress() as progress:
        face = Terminal(progress)
        deliver_waiting(face, place)
        with Session(arguments.base_url, cancelled=Stop(), on_wait=progress.wait) as session:
            return jobs.pull(face, place, session, request_of(arguments), overwrite=arguments.overwrite)


def refuse_overwriting_twice(arguments: argparse.Namespace) -> None:
    if arguments.overwrite and arguments.only_empty:
        raise ConfigError("--overwrite replaces values and --only-empty leaves them; use one of the two.")


def _pull_new(arguments: argparse.Namespace) -> int:
    from reply_xl import pull_new

    if arguments.sheet or arguments.header_row or arguments.rows or arguments.fields or arguments.only_empty or arguments.out:
        raise ConfigError("--new downloads every field of each contact; choose contacts with --list and --search, and leave the rest out.")
    with stoppable(Stop(), "Stopping: what has been read is kept.") as cancelled:
        return pull_new.run(arguments.new, arguments.list, arguments.search, arguments.base_url, cancelled)


def whoami(arguments: argparse.Namespace) -> int:
    from reply_xl.kinds.cell_text import shown
    from reply_xl.session import Session

    with Session(arguments.base_url) as session:
        who = session.contacts.whoami()
        name = shown(who.username) or "a user without a name"
        print(f"The key belongs to {name} (user {who.user_id}, team {who.team_id}) on {session.contacts.base_url}.")
    return FINE


def login(arguments: argparse.Namespace) -> int:
    import getpass

    from reply_xl import account

    if sys.stdin and sys.stdin.isatty():
        typed = getpass.getpass("API key (Settings → API Key in Reply; it is not shown): ")
    else:
        typed = sys.stdin.readline() if sys.stdin else ""
    key = account.cleaned_key(typed)
    if not key:
        raise ConfigError("No API key was typed; copy it from Settings → API Key in Reply and try again.")
    print(account.connect(key, arguments.base_url))
    return FINE


def logout(arguments: argparse.Namespace) -> int:
    from reply_xl import config
    from reply_xl.network.base_urls import REPLY_URL, checked_base_url

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


def request_of(arguments: argparse.Namespace, rows: Spans | str = "all") -> Request:
    """`rows`: where no option says which ones."""
    from reply_xl.patches import OnConflict
    from reply_xl.plan import Request

    on_conflict = OnConflict(getattr(arguments, "on_conflict", OnConflict.BLOCK))
    return Request(arguments.rows or rows, arguments.header_row, arguments.fields, arguments.only_empty, arguments.allow, on_conflict)


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
        from reply_xl.tab.practice import contacts_of

        return contacts_of(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} cannot be read as JSON; name a workbook, or a JSON list of contacts.") from error
    return (data.get("contacts"), data.get("customFields")) if isinstance(data, dict) else (data, None)
