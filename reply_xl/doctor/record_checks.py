"""The records of this user: whether they can be used, and what waits in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from reply_xl.doctor.findings import Finding, fault, fine, warning
from reply_xl.errors import JournalError
from reply_xl.setup.computers import Computer
from reply_xl.setup.places import places


def check_records(computer: Computer) -> Iterator[Finding]:
    """Makes no journal where there is none."""
    from reply_xl.history.records import FILE, Records
    from reply_xl.sentences import rows

    folder, name = places(computer).data, "Records"
    if not (folder / FILE).exists():
        yield fine(name, "Nothing was updated on this computer yet.")
        return
    try:
        with Records(folder) as records:
            found = [run for run in records.journal.runs() if not records.is_running(run.id)]
    except JournalError as error:
        yield fault(name, str(error))
        return
    waiting = [run for run in found if run.is_unfinished]
    for run in waiting:
        book = PureWindowsPath(run.page.book).name if "\\" in run.page.book else Path(run.page.book).name
        if run.waiting:
            says = f"The results of {rows(run.waiting)} of run {run.id} wait for {book}."
            yield warning(name, says, f"Open {book} and click Update, or close it and run “reply-xl resume {run.id}”.")
        if run.open:
            says = f"{rows(run.open).capitalize()} of run {run.id} on {book} have no outcome, because it was cut or cancelled."
            yield warning(name, says, f"In {book} click Retry failed, or close it and run “reply-xl resume {run.id}”.")
    if not waiting:
        yield fine(name, "Every update has come to its end, and no result waits.")
