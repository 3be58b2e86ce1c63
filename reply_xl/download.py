"""Download: the contacts of Reply, of one of its lists, or of a search, page by page into a new workbook.

What is guaranteed. Reply promises no order of its pages, and contacts may come and go while they are read. So each page overlaps the one
before it by a few contacts. Where the overlap is not exactly the same contacts, something has moved, and after the last page everything is
read once more, until a pass in which nothing moved or which brought nothing new. Then every contact that was there from the first request
to the last is in the workbook, exactly once, as it was at the moment its page was read. What was added meanwhile is there if one of the
pages held it; what was deleted meanwhile may still be there (a push then says *not found*). If five passes do not get that far, the result
says that it is not certain. One case stays open: a contact that moves to a place already read in the very moment in which another one is
deleted before it leaves every overlap as it was.

Each page is on disk before the next but one is asked for. After a cut the same download goes on after the last page that was kept, and
reads everything once more if anything has moved since.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reply_xl import __version__
from reply_xl.errors import HeaderError, WorkbookError
from reply_xl.fields import WRITABLE, value_of
from reply_xl.history.bases import BasePage, NewBases
from reply_xl.kinds.literal import Lines
from reply_xl.kinds.values import shown
from reply_xl.model import Column, Contact, ContactList, CustomField, FieldValue, Page
from reply_xl.parts import write_package
from reply_xl.spool import Record, Spool, mark
from reply_xl.template import LAST_ROW, SHEET_PART, download_columns, head, other_parts, tail

PAGE = 1000
OVERLAP = 10
_MOST_PASSES = 5
_MOST_NAMED = 5
_WRITTEN = tuple(field.name for field in WRITABLE if field.verifiable)


class Source(Protocol):
    """The reads of the API that a download uses."""

    def page(self, top: int, skip: int) -> Page: ...

    def filtered_page(self, top: int, skip: int, *, list_id: int | None, search: str) -> Page: ...

    def custom_fields(self) -> tuple[CustomField, ...]: ...

    def contact_lists(self, search: str) -> tuple[ContactList, ...]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts: all, those of a list, those whose text holds `search`, or both."""

    list_id: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What became of a download. `resumed`: how many contacts an earlier attempt had kept; `lost`: contact id and field of values that no
    cell can hold, the first few, of `lost_count`; `certain`: whether it is complete in the sense above."""

    contacts: int
    resumed: int
    unreadable: int
    lost: tuple[tuple[int, str], ...]
    lost_count: int
    certain: bool


@dataclass(slots=True)
class Walk:
    """Where a download stands, as it follows from its pages so far."""

    known: set[int] = field(default_factory=set)
    passes: int = 1
    over: bool = False
    certain: bool = False
    unreadable: int = 0
    _position: int = 0
    _tail: list[int] = field(default_factory=list)
    _steady: bool = True
    _fresh: int = 0
    _lacking: int = 0

    @property
    def skip(self) -> int:
        """How many contacts the next page leaves aside."""
        return max(0, self._position - OVERLAP)

    def take(self, ids: Sequence[int], unreadable: int, has_more: bool) -> list[bool]:
        """The next page, as `skip` asked for it. Which of its contacts are new."""
        position = self.skip + len(ids) + unreadable
        stuck = has_more and position <= self._position
        self._steady = self._steady and list(ids[: len(self._tail)]) == self._tail and not stuck
        new = []
        for contact_id in ids:
            new.append(contact_id not in self.known)
            self.known.add(contact_id)
        self._fresh += sum(new)
        self._lacking += unreadable
        self._position, self._tail = position, list(ids[-OVERLAP:])
        if stuck or not has_more:
            self._end_pass()
        return new

    def _end_pass(self) -> None:
        self.certain = self._steady or (self.passes > 1 and self._fresh == 0)
        self.over = self.certain or self.passes == _MOST_PASSES
        self.unreadable = max(self.unreadable, self._lacking)
        if not self.over:
            self.passes += 1
            self._position, self._tail, self._steady, self._fresh, self._lacking = 0, [], True, 0, 0


def check_target(target: Path) -> None:
    """Raises `WorkbookError` if `target` is not the name of a workbook that can be made. Nothing has been asked of Reply then."""
    if target.suffix.casefold() != ".xlsx":
        raise WorkbookError(f"{target.name} must end in .xlsx; choose such a name.")
    if os.path.lexists(target):
        raise WorkbookError(f"{target.name} is there already and is never replaced; choose another name, or move it away.")
    if not target.parent.is_dir():
        raise WorkbookError(f"There is no folder {target.parent}; make it, or choose another one.")


def find_list(source: Source, name: str) -> ContactList:
    """The list called `name`, or `#id`. Raises `HeaderError` with candidates where there is none, or more than one."""
    name = name.strip()
    number = int(name[1:]) if name.startswith("#") and name[1:].isdecimal() else None
    found = source.contact_lists("" if number is not None else name)
    if number is not None:
        matches = [one for one in found if one.id == number]
    else:
        matches = [one for one in found if one.name.strip() == name]
        matches = matches or [one for one in found if one.name.strip().casefold() == name.casefold()]
    if len(matches) == 1:
        return matches[0]
    if matches:
        heads = " or ".join(f'--list "#{one.id}"' for one in matches[:_MOST_NAMED])
        raise HeaderError(f"Reply has {len(matches)} lists called “{shown(name)}”; say which: {heads}.")
    near = [one.name for one in found]
    if not near:
        names = [one.name for one in source.contact_lists("")]
        near = difflib.get_close_matches(name, names, _MOST_NAMED, 0.5) or sorted(names)
    if not near:
        raise HeaderError(f"Reply has no list “{shown(name)}”; it has no lists at all.")
    more = f" and {len(near) - _MOST_NAMED} more" if len(near) > _MOST_NAMED else ""
    raise HeaderError(f"Reply has no list “{shown(name)}”; it has {', '.join(f'“{shown(one)}”' for one in near[:_MOST_NAMED])}{more}.")


def spool_of(target: Path) -> Path:
    """The file that holds what was downloaded until the workbook is whole."""
    return target.with_name(f"{target.name}.part")


def download(
    source: Source,
    wanted: Wanted,
    target: Path,
    *,
    place: str,
    bases: NewBases | None = None,
    on_progress: Callable[[int, int], None] = lambda done, passes: None,
) -> Downloaded:
    """Makes the workbook `target`. `place`: whose contacts they are; `bases`: where it is kept what Reply held; `on_progress`: contacts so
    far, and which pass.

    Raises an `ApiError` or `Cancelled`; what has been read is kept then, and the same call goes on from there."""
    check_target(target)
    customs = source.custom_fields()
    columns = download_columns(customs)
    begins = head(columns)
    shape = hashlib.sha256(begins + repr(customs).encode()).hexdigest()
    what = mark(version=__version__, place=place, list=wanted.list_id, search=wanted.search, shape=shape)
    with Spool(spool_of(target), what, begins) as spool:
        kept = _Kept(spool, Lines(columns), None if bases is None else _Based(bases, customs))
        resumed = len(kept.walk.known)
        if bases is not None and not resumed:
            bases.clear()
        with ThreadPoolExecutor(1, thread_name_prefix="rows") as writer:
            writing: Future[None] | None = None
            try:
                while not kept.walk.over:
                    page = _read(source, wanted, kept.walk.skip)
                    if writing is not None:
                        writing.result()
                    writing = writer.submit(kept.keep, page, kept.take(page))
                    on_progress(len(kept.walk.known), kept.walk.passes)
            finally:
                if writing is not None:
                    writing.result()
        _write_new(target, spool, columns, kept.rows + 1)
        with contextlib.ExitStack() as stack:
            stack.callback(spool.remove)
            if bases is not None:
                bases.move(str(target.absolute()))
    walk = kept.walk
    return Downloaded(len(walk.known), resumed, walk.unreadable, tuple(kept.lost), kept.lost_count, walk.certain)


class _Kept:
    """The pages of a download: those that the spool has, and each next one."""

    def __init__(self, spool: Spool, lines: Lines, based: _Based | None) -> None:
        self.walk = Walk()
        self.rows = 0
        self.lost: list[tuple[int, str]] = []
        self.lost_count = 0
        self._spool = spool
        self._lines = lines
        self._based = based
        self._pages = len(spool.records)
        for record in spool.records:
            new = self.walk.take(record["ids"], record["unreadable"], record["more"])
            self._count(sum(new), [(number, name) for number, name in record["lost"]], record["lost_count"])

    def take(self, page: Page) -> list[bool]:
        """Which contacts of the page are new; the next page can be asked for."""
        new = self.walk.take([contact.id for contact in page.contacts], page.unreadable, page.has_more)
        if len(self.walk.known) >= LAST_ROW:
            raise WorkbookError(f"A sheet holds {LAST_ROW - 1:,} contacts at most; choose fewer with --list or --search.")
        return new

    def keep(self, page: Page, new: Sequence[bool]) -> None:
        """The page on disk: the rows of its new contacts."""
        contacts: list[Contact] = [contact for contact, is_new in zip(page.contacts, new, strict=True) if is_new]
        rows, lost = self._lines.xml(contacts, self.rows + 2)
        ids = [contact.id for contact in page.contacts]
        record: Record = {
            "ids": ids,
            "unreadable": page.unreadable,
            "more": page.has_more,
            "lost": lost[:_MOST_NAMED],
            "lost_count": len(lost),
        }
        if self._based is not None:
            self._based.keep(self._pages, contacts, lost)
        self._pages += 1
        self._spool.add(record, rows)
        self._count(len(contacts), lost, len(lost))

    def _count(self, rows: int, lost: Sequence[tuple[int, str]], lost_count: int) -> None:
        self.rows += rows
        self.lost += lost[: _MOST_NAMED - len(self.lost)]
        self.lost_count += lost_count


class _Based:
    """What Reply held in every field that can be written, page by page."""

    def __init__(self, bases: NewBases, customs: Sequence[CustomField]) -> None:
        self._bases = bases
        self._customs = [custom for custom in customs if custom.verifiable]

    def keep(self, number: int, contacts: Sequence[Contact], lost: Sequence[tuple[int, str]]) -> None:
        standard = [contact.values for contact in contacts]
        held: dict[str, list[FieldValue]] = {name: [values.get(name) for values in standard] for name in _WRITTEN}
        for custom in self._customs:
            held[custom.name] = [value_of(contact, custom) if contact.custom else None for contact in contacts]
        unknown = [(contact_id, name) for contact_id, name in lost if name in held]
        self._bases.add(number, BasePage([contact.id for contact in contacts], held, unknown))


def _read(source: Source, wanted: Wanted, skip: int) -> Page:
    if wanted.list_id is None and not wanted.search:
        return source.page(PAGE, skip)
    return source.filtered_page(PAGE, skip, list_id=wanted.list_id, search=wanted.search)


def _write_new(target: Path, spool: Spool, columns: Sequence[Column], last_row: int) -> None:
    """The whole workbook under its name, or nothing; never over a file that came in the meantime."""
    temporary = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        try:
            with temporary.open("xb") as file:
                write_package(file, {**other_parts(columns, last_row), SHEET_PART: spool.packed(tail(columns))})
                file.flush()
                os.fsync(file.fileno())
            target.open("xb").close()  # takes the name, if nobody has it
            try:
                temporary.replace(target)
            except BaseException:
                target.unlink()
                raise
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except FileExistsError as error:
        raise WorkbookError(f"{target.name} was made by another program meanwhile; move it away and run this again.") from error
    except OSError as error:
        raise WorkbookError(
            f"{target.name} cannot be written; make room on the disk or close what holds it, and run this again."
        ) from error
