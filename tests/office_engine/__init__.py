"""An xlwings engine over a live LibreOffice, for tests: the plain xlwings API on the documents that are open in it.

    engine = connect("replypipe")          # soffice --accept=pipe,name=replypipe;urp    (or a port: connect(2002))
    book = engine.apps.active.books["leads.xlsx"]
    book.sheets["Leads"].range("A1:B2").raw_value

It works in any process of a Python of the same version as the `uno` of the operating system, at the same time as other processes. Nothing is
registered with xlwings: a program that wants `xw.books` does `xw.engines.add(engine); engine.activate()`. `connect` asks LibreOffice anew each
time; every object of the engine looks its document up by itself, so that one that was closed in the meantime raises.

What is written is parsed as LibreOffice parses typed English input: a leading apostrophe is consumed, "=…" is a formula, "1E5" a number.
What is read has the shapes of Excel over COM: dates are naive datetimes, errors large negative ints. What LibreOffice has no idea of
(EnableEvents, CutCopyMode, ScreenUpdating …) is remembered by the app object and does nothing.
"""

from .apps import NAME, connect
from .bridge import is_available, property_values, why_not
from .process import Office, start_office

__all__ = ["NAME", "Office", "connect", "is_available", "property_values", "start_office", "why_not"]
