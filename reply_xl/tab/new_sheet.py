"""New sheet on the ribbon: a new workbook in the user's Documents, empty or with contacts from Reply, opened in the Excel that was clicked."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reply_xl import config
from reply_xl.download import Wanted
from reply_xl.errors import ApiError, ApiRefused, Cancelled, NotAgreed, NotAuthorised, WorkbookError
from reply_xl.mapping.columns import OURS
from reply_xl.model import ContactList
from reply_xl.sentences import contacts
from reply_xl.session import Session
from reply_xl.tab.fetch import fetch, kept, remarks
from reply_xl.template import HEADERS, build

if TYPE_CHECKING:
    from reply_xl.excel import Excel
    from reply_xl.tab.window import Window

_EMPTY, _FROM_REPLY, _PRACTICE = "Reply contacts", "Contacts from Reply", "Practice contacts"
"""An empty one must not take the name under which a download that was cut would be gone on with."""
_LONGEST = 60
_NOT_IN_NAMES = '\\/:*?"<>|[]'
"""Windows has no files with these in their name, and Excel opens none with brackets."""
_AGAIN = "click New sheet → From Reply and choose the same"
_ASKED = (
    "Which contacts do you want in the new workbook?\n\n“{}” is made in {}. Nothing changes in Reply.\n\n"
    "Reply does not say beforehand how many there are: the bar at the bottom of Excel counts them, and Cancel stops."
)
_log = logging.getLogger(__name__)


def from_template(window: Window, excel: Excel, open_file: Callable[[Path], bool]) -> None:
    """An empty workbook with a column for each field."""
    data = build((*HEADERS, *OURS), [])
    path = _written(config.documents_folder(), data, _open_names(excel))
    _open(window, excel, open_file, path, "It is a new workbook for your contacts, one row for each.")


def from_reply(window: Window, excel: Excel, open_file: Callable[[Path], bool], session: Session, *, is_practice: bool) -> None:
    """A workbook with all contacts, or with those of the list that is chosen. Raises `NotAgreed` where none is chosen.

    What was read before a cut is gone on with by the next click for the same contacts, within a day."""
    folder = _checked(config.documents_folder())
    names = _open_names(excel)
    stem = _PRACTICE if is_practice else _FROM_REPLY
    path = _free(folder, stem, names)
    chosen = _choose(window, _lists(session), _ASKED.format(path.name, folder))
    if chosen is not None:
        path = _free(folder, f"{stem}, {_plain(chosen.name)}", names)
    try:
        result = fetch(session, path, Wanted(chosen.id if chosen else None), window.progress)
    except Cancelled:
        raise NotAgreed(f"Stopped. {kept(path, 0, _AGAIN)}", asked=True) from None
    except NotAuthorised:
        raise
    except ApiError as error:
        raise WorkbookError(f"{error} {kept(path, 0, _AGAIN)}") from error
    finally:
        window.progress.stop()
    window.say(*remarks(result))
    says = f"It holds {contacts(result.contacts)} from {'the practice server' if is_practice else 'Reply'}."
    _open(window, excel, open_file, path, says, in_a_box=not result.certain or bool(result.unreadable or result.lost_count))


def _lists(session: Session) -> Sequence[ContactList]:
    """By name; none where the key may not see them."""
    try:
        return sorted(session.contacts.contact_lists(""), key=lambda one: one.name.casefold())
    except NotAuthorised:
        raise
    except ApiRefused as error:
        _log.info("lists are left out: %s", error)
        return ()


def _choose(window: Window, lists: Sequence[ContactList], text: str) -> ContactList | None:
    """The list, or None for all contacts. Raises `NotAgreed`."""
    options = ["All contacts", *(one.name for one in lists)]
    chosen = window.dialogs.choose(text, options, "Download")
    if chosen is None:
        raise NotAgreed("Nothing was downloaded.", asked=True)
    return lists[chosen - 1] if chosen else None


def _open(window: Window, excel: Excel, open_file: Callable[[Path], bool], path: Path, says: str, *, in_a_box: bool = False) -> None:
    """In the Excel that was clicked; where that cannot be reached, because it shows no workbook, as a double click would."""
    if excel.open(path) or open_file(path):
        window.end(f"{path.name} is open. {says} It lies in {path.parent}.", in_a_box=in_a_box)
    else:
        window.end(f"{path.name} lies in {path.parent}; open it there. {says}", in_a_box=True)


def _open_names(excel: Excel) -> frozenset[str]:
    """Excel opens no second workbook of the same name, wherever it lies."""
    return frozenset(name.casefold() for name in excel.open_names())


def _written(folder: Path, data: bytes, taken: Collection[str]) -> Path:
    _checked(folder)
    while True:
        path = _free(folder, _EMPTY, taken)
        try:
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(folder) from error
        return path


def _checked(folder: Path) -> Path:
    """The folder, made if it is not there. Raises `WorkbookError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder) from error
    return folder


def _unwritable(folder: Path) -> WorkbookError:
    return WorkbookError(f"No new workbook can be written into {folder}; make room on the disk, or ask who looks after this computer.")


def _free(folder: Path, stem: str, taken: Collection[str]) -> Path:
    """The first name that neither a file has nor an open workbook."""
    for number in itertools.count(1):
        path = folder / (f"{stem}.xlsx" if number == 1 else f"{stem} {number}.xlsx")
        if not os.path.lexists(path) and path.name.casefold() not in taken:
            return path
    raise AssertionError("there is always another number")


def _plain(name: str) -> str:
    """What of a list's name can stand in the name of a file."""
    kept_ = "".join(char if char.isprintable() and char not in _NOT_IN_NAMES else " " for char in name)
    return " ".join(kept_.split())[:_LONGEST].strip(" .") or "list"
