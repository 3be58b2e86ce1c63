"""What the journal knows of a run: where it went, what it was to send, and what became of each row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reply_xl.model import Outcome
from reply_xl.patches import Decision, Policy


class RunKind(StrEnum):
    """`PLAN`: a preview sheet was applied; the rows of such a run are the lines of that sheet."""

    PUSH = "push"
    PLAN = "plan"
    RETRY = "retry"
    UNDO = "undo"


PRACTISING = "practice-"
"""How the server of the button Practice begins the name that it calls itself."""


@dataclass(frozen=True, slots=True)
class Server:
    """Which workspace a run belongs to. `instance` is what a practice server calls itself, "" for Reply; ids are None where Reply did not say."""

    base_url: str
    instance: str
    user_id: int | None
    username: str
    team_id: int | None

    @property
    def practises_on_copies(self) -> bool:
        """Whether it is the server of the button Practice, whose runs stand on copies of sheets made for it and nowhere else."""
        return self.instance.startswith(PRACTISING)

    @property
    def place(self) -> str:
        """What tells one server's contacts from another's."""
        return " ".join(part for part in (self.base_url, self.instance) if part)


@dataclass(frozen=True, slots=True)
class Page:
    """Where the rows of a run stand. `book` and `results`: absolute paths of the workbook and of the file that gets the results, the same
    for most; `headers`: those of the user's own columns, in their order; `targets`: header by field name."""

    book: str
    results: str
    sheet: str
    header_row: int
    headers: tuple[str, ...]
    targets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells a row of a sheet from the others, wherever it stands: `key` is `id:…` or `email:…`, "" if it has neither; `look` is a
    digest of what its own cells hold."""

    key: str
    look: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows of the contacts' own sheet, which get the outcomes of a run on a preview sheet as well. `page`: that sheet; `rows`: row number,
    mark and contact id; `differs`: by contact id, the fields of which its cells do not say what is sent."""

    page: Page
    rows: tuple[tuple[int, Mark, int], ...]
    differs: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run about to begin. `of`: the run that it retries or undoes."""

    kind: RunKind
    server: Server
    page: Page
    policy: Policy
    keeps_ids: bool
    of: int | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the journal has it. Counts are of rows: `open` have no outcome that would do for good (`unknown` in the journal until one
    arrives, or cancelled), `waiting` have one that is not in the workbook yet."""

    id: int
    started: datetime
    ended: datetime | None
    kind: RunKind
    of: int | None
    server: Server
    page: Page
    policy: Policy
    keeps_ids: bool
    rows: int
    open: int
    waiting: int
    counts: Mapping[str, int]
    beside: Beside | None = None

    @property
    def is_unfinished(self) -> bool:
        return bool(self.open or self.waiting)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a run. `number` as it was when the run began; `outcome` None: nobody knows yet; `taken_over`: a newer run has it now."""

    number: int
    mark: Mark
    contact_id: int | None
    outcome: Outcome | None
    delivered: bool
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run with its rows. `decisions`: what was to be sent, one for each contact."""

    run: Run
    entries: tuple[Entry, ...]
    decisions: tuple[Decision, ...]
