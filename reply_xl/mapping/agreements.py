"""What a person agreed to for a header, on this computer: it holds for every workbook with that header, next week's export included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from reply_xl.history.bases import utc_text
from reply_xl.history.database import Database, Reader
from reply_xl.mapping.choices import Choice, Choices, Send


class Agreements:
    """One choice for each header, the last that was agreed to. Raises `JournalError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Choice]:
        """By header as `header_keys` spells it."""
        return agreed(self._database)

    def keep(self, choices: Choices) -> None:
        """From now on these hold."""
        at = utc_text(datetime.now(UTC))
        with self._database.transaction() as now:
            now.executemany(
                "INSERT OR REPLACE INTO agreement VALUES (?,?,?,?,?)",
                [(key, one.field, one.send, one.instead, at) for key, one in choices.items()],
            )

    def forget(self, keys: Iterable[str]) -> int:
        """What was agreed to for these headers holds no longer. How many there were."""
        with self._database.transaction() as now:
            return sum(now.execute("DELETE FROM agreement WHERE header=?", (key,)).rowcount for key in set(keys))


def agreed(reader: Reader) -> dict[str, Choice]:
    """As `Agreements.all`."""
    rows = reader.all("SELECT header, field, send, instead FROM agreement")
    return {str(header): Choice(str(field), Send(str(send)), None if it is None else str(it)) for header, field, send, it in rows}
