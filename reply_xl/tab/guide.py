"""The guide that Help opens: one page, without scripts and without the internet, made from the ribbon itself and the words for results."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reply_xl.model import Word

MEANINGS: Mapping[Word, str] = {
    Word.UPDATED: "Reply stored every value that was sent",
    Word.UNCHANGED: "Reply already held the same values; nothing was sent",
    Word.SKIPPED: "held back until you allow it, decided so in a preview, or a hidden row; nothing was sent. Click *Update* again and agree to what it names",
    Word.INVALID: "a cell cannot be read, or it is not certain that this is the right contact; nothing was sent",
    Word.NOT_FOUND: "Reply has no such contact; correct the e-mail or the ID, or add the contact in Reply",
    Word.REFUSED: "Reply said no; the message names the field and Reply's reason. Correct it in the sheet or in Reply",
    Word.NOT_STORED: "Reply accepted the change, but holds another value; read the message and correct it in Reply",
    Word.CONFLICT: "the field was changed in Reply as well; the message shows all three values, and nothing was sent. Click *Preview*, choose "
    "“keep Reply” or “take sheet” under Decision, then click *Update*",
    Word.UNKNOWN: "no answer came and the contact could not be read back; *Retry failed* or `reply-xl resume` finds out",
    Word.FAILED: "it did not work and nothing was stored; *Retry failed* or `reply-xl resume` tries it again",
    Word.CANCELLED: "you stopped the run before this row was sent; *Retry failed* or `reply-xl resume` sends it",
    Word.UNDONE: "the values from before the run are back",
}
"""What each result means. Words between asterisks are a button, between backticks what is typed."""

_UI = "{http://schemas.microsoft.com/office/2009/07/customui}"

_STEPS = (
    "Click *Connect* once and paste your key from Reply (Settings → API Key). To try everything without a key, click *Practice* first.",
    "Open a workbook with contacts, or click *New sheet*. One row is one contact; the first row says what each column is.",
    "Change what you want to change, and select those rows. One cell of a row is enough to select the row.",
    "Click *Preview* if you want to see what would change. Nothing is sent.",
    "Click *Update* and agree. Each row then says in its column “Reply status” what became of it.",
)
_RULES = (
    ("An empty cell", "leaves the field in Reply as it is. To empty a field in Reply, type `<clear>` into the cell."),
    ("Rows that a filter hides", "are never touched."),
    ("E-mail, owner, account and opt-out", "are sent only after you agree to them by name."),
    (
        "Your columns",
        "are never changed by an update. It writes into three of its own that say what became of each row, into “Reply ID” where an e-mail found "
        "the contact, and into those that Reply alone fills, such as “Reply created at”.",
    ),
    ("Saving", "is up to you: the results stand in the open workbook, and the workbook is not saved for you."),
    (
        "Excel's own undo list",
        "is emptied when the results are written, as by every program. *Undo* on this tab puts values in Reply back.",
    ),
)
_TROUBLE = (
    (
        "Nothing happens after a click",
        "Look at the bar at the bottom of Excel: what goes on is shown there. A question may be behind another window. If nothing is to be seen, "
        "open a window for commands (PowerShell, on a Mac Terminal), type `reply-xl doctor` and press Enter: it says what is wrong.",
    ),
    (
        "Excel is busy",
        "Finish the cell you are typing in, close open boxes and dialogs of Excel, and press Esc if something is copied. Results wait until then.",
    ),
    ("The key is not accepted", "Click *Connect* and paste it again; in Reply it is under Settings → API Key."),
    ("A row is invalid", "Its message names the cell and says what to type there. Correct it, then click *Retry failed*."),
    ("Rows are unknown, failed or cancelled", "Click *Retry failed*. What Reply already holds is not sent twice."),
    (
        "Excel was closed during an update",
        "Nothing is lost: the results are kept on this computer and are written with the next click on that workbook.",
    ),
    (
        "The update was a mistake",
        "Click *Undo*. It names the update first. The former values come back in Reply where it still holds what was sent, and in the cells of your "
        "sheet that do; what cannot be put back is said before you agree.",
    ),
    (
        "You want to leave practice",
        "A copy of your sheet comes to the front; work there. Results begin with “practice:”. Click *Practice* again to leave; then go back to "
        "your own sheet. Delete the copy when you like.",
    ),
    ("A column goes to the wrong field", "Click *Columns* and choose there."),
)

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 "Segoe UI", system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1.2em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid #8886; } h3 { margin: 1.4em 0 .3em; }
table { border-collapse: collapse; width: 100%; } td { border-bottom: 1px solid #8884; padding: .45em .8em .45em 0; vertical-align: top; }
td:first-child { font-weight: 600; width: 30%; } li { margin: .4em 0; } code { background: #8882; padding: 0 .25em; border-radius: 3px; }
.small { color: #777; }
"""


@dataclass(frozen=True, slots=True)
class Described:
    """A button: the names on the way to it (group, menu, button) and what it does."""

    path: tuple[str, ...]
    says: str


def described(ribbon: bytes) -> list[Described]:
    """The buttons of a ribbon, in its order."""
    return [one for group in ET.fromstring(ribbon).iter(f"{_UI}group") for one in _below(group, (str(group.get("label")),))]


def _below(item: ET.Element, path: tuple[str, ...]) -> Iterator[Described]:
    names = path
    for child in item:
        kind = child.tag.removeprefix(_UI)
        if kind in ("button", "toggleButton"):
            names = (*path, str(child.get("label")))
            yield Described(names, str(child.get("supertip")))
        elif kind == "menu":  # in a split button it belongs to the button before it
            yield from _below(child, names if child.get("label") is None else (*path, str(child.get("label"))))
        else:
            yield from _below(child, path)


def page(ribbon: bytes, version: str, folder: str, log: str) -> str:
    """The guide as HTML. `folder`: where the records of this user lie; `log`: the file that says what happened at each click."""
    groups: dict[str, list[Described]] = {}
    for one in described(ribbon):
        groups.setdefault(one.path[0], []).append(one)
    buttons = "".join(
        f"<h3>{_text(group)}</h3>{_table((' → '.join(one.path[1:]), one.says) for one in ones)}" for group, ones in groups.items()
    )
    log_says = (
        f"What happened at each click is noted in <code>{_text(log)}</code>; send that file along if you ask for help. It may name workbooks, contacts and "
        "values; no key is in it."
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Reply in Excel</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>\n'
        f'<h1>Reply in Excel</h1><p class="small">Version {_text(version)}. This page lies on your computer and needs no internet.</p>\n'
        f"<h2>The first update</h2><ol>{''.join(f'<li>{_marked(step)}</li>' for step in _STEPS)}</ol>\n"
        f"<h2>What each button does</h2>{buttons}\n"
        f"<h2>What each result means</h2>{_table((word.value.capitalize(), f'{MEANINGS[word]}.') for word in Word)}\n"
        f"<h2>Good to know</h2>{_table(_RULES)}\n"
        f"<h2>When something does not work</h2>{_table(_TROUBLE)}<p>{log_says}</p>\n"
        f"<p>Your updates, with the values from before, are kept in <code>{_text(folder)}</code> on this computer and nowhere else.</p>\n"
        "</body></html>\n"
    )


def _table(rows: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    return f"<table>{''.join(f'<tr><td>{_text(what)}</td><td>{_marked(says)}</td></tr>' for what, says in rows)}</table>"


def _marked(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", re.sub(r"\*([^*]+)\*", r"<b>\1</b>", _text(text)))


def _text(text: str) -> str:
    return html.escape(text)
