"""Every exception of the package.

The message of each is one sentence for the person at the sheet: what happened and what to do next. The facts behind it are
attributes, for code and for the log. No foreign exception crosses `client`, `sheet` or `journal`: they are turned into these.
"""

from __future__ import annotations

from collections.abc import Mapping


class ReplyXlError(Exception):
    """Base of all errors of this package; `str(error)` is the sentence to show."""


class ConfigError(ReplyXlError):
    """A setting, an option or the stored key cannot be used."""


class NoKey(ConfigError):
    """No API key has been stored yet: everything but practice waits for one."""


class JournalError(ReplyXlError):
    """The journal on this machine cannot be read or written."""


class NotAgreed(ReplyXlError):
    """A question had to be asked, and nobody was there to answer it or the answer was no. Nothing was sent."""

    def __init__(self, sentence: str, *, asked: bool) -> None:
        super().__init__(sentence)
        self.asked = asked


class SheetError(ReplyXlError):
    """The workbook or the sheet cannot be read or written as asked."""


class WorkbookError(SheetError):
    """The file is not a workbook that can be opened or saved; the file on disk is as it was."""


class SelectionError(SheetError):
    """The selection holds no row that could be sent."""


class HostBusy(SheetError):
    """Excel takes no calls, or none that would disturb the user; the same may be tried again later."""


class HeaderError(SheetError):
    """No header row, or one that cannot be told apart."""


class CellError(SheetError):
    """One cell cannot become a value of its field; its row is not sent.

    `address` is A1-style without the sheet's name, `field` the label of the field, `value` the cell value as read.
    """

    def __init__(self, sentence: str, *, address: str = "", field: str = "", value: object = None) -> None:
        super().__init__(sentence)
        self.address = address
        self.field = field
        self.value = value


class ApiError(ReplyXlError):
    """Base of what can go wrong between this machine and Reply."""


class ApiUnreachable(ApiError):
    """No answer came. `sent` is False only when it is certain that the request never left: then it is safe to repeat."""

    def __init__(self, sentence: str, *, sent: bool) -> None:
        super().__init__(sentence)
        self.sent = sent


class ApiFailed(ApiError):
    """Reply failed (5xx) or its answer cannot be read. The change may or may not have been made."""

    def __init__(self, sentence: str, *, status: int | None) -> None:
        super().__init__(sentence)
        self.status = status


class ApiRefused(ApiError):
    """Reply answered no (4xx): the change was not made. `code` is Reply's stable slug, where it gave one."""

    def __init__(self, sentence: str, *, status: int, code: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class NotAuthorised(ApiRefused):
    """401: the key is missing, malformed or revoked. Ends a run."""


class ContactNotFound(ApiRefused):
    """404: no contact with that id for this key."""


class PatchRejected(ApiRefused):
    """The values were refused. `reasons`: pointer into the body (`/email`, `""` for the whole) → Reply's words."""

    def __init__(self, sentence: str, *, status: int, code: str | None = None, reasons: Mapping[str, str]) -> None:
        super().__init__(sentence, status=status, code=code)
        self.reasons = dict(reasons)


class RateLimited(ApiRefused):
    """429 that did not end. `retry_after` is in seconds, or None if Reply did not say."""

    def __init__(self, sentence: str, *, retry_after: float | None) -> None:
        super().__init__(sentence, status=429)
        self.retry_after = retry_after


class Cancelled(ReplyXlError):
    """The user cancelled while something was waiting; what had not been sent is not sent."""
