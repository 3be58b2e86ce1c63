"""An xlwings engine over .xlsx and .xlsm files: the plain xlwings API without Excel. Imported only where a book is opened."""

from reply_xl.engine.apps import (
    ENGINE_NAME,
    ERROR_CODES,
    ERROR_TEXTS,
    NO_CACHED_VALUE,
    Engine,
    activate,
    open_book,
    refuse_unless_savable,
)

__all__ = ["ENGINE_NAME", "ERROR_CODES", "ERROR_TEXTS", "NO_CACHED_VALUE", "Engine", "activate", "open_book", "refuse_unless_savable"]
