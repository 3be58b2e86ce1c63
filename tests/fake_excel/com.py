"""Excel's COM objects over the model: the application, its books, their sheets and tables."""

from __future__ import annotations

from typing import Any

from .com_base import Collection, Com, OfBook, OfSheet
from .com_range import Range
from .grid import COLUMNS, ROWS, Rect, bounds, rects
from .pywin32 import excel_error
from .sheet import Picture, Sheet, Table


class Application(Com):
    def get_Workbooks(self) -> Any:
        return Workbooks(self.excel)

    def get_ActiveWorkbook(self) -> Any:
        return Workbook(self.excel, self.excel.active) if self.excel.active else None

    def get_ActiveSheet(self) -> Any:
        book = self.excel.active
        return Worksheet(self.excel, book.active) if book and book.active else None

    def get_Selection(self) -> Any:
        sheet = self.excel.active and self.excel.active.active
        if not sheet or sheet.selection is None:
            return None
        return ChartArea(self.excel) if isinstance(sheet.selection, Picture) else Range(sheet, sheet.selection)

    def get_Hwnd(self) -> int:
        return self.excel.active.hwnd if self.excel.active else self.excel.frame

    def get_Version(self) -> str:
        return "16.0"

    def get_Name(self) -> str:
        return "Microsoft Excel"

    def get_Path(self) -> str:
        return "C:\\Program Files\\Microsoft Office\\root\\Office16"

    def get_Ready(self) -> bool:
        return True

    def get_International(self) -> tuple[str, ...]:
        return (",",) * 50

    def get_Visible(self) -> bool:
        return self.excel.visible

    def put_Visible(self, value: bool) -> None:
        self.excel.visible = bool(value)

    def get_ProtectedViewWindows(self) -> Any:
        return Collection(self.excel)

    def get_ActiveProtectedViewWindow(self) -> Any:
        shown = next((book for book in self.excel.books if book.protected_view), None)
        return Window(self.excel, shown) if shown else None

    def do_Range(self, first: Any, second: Any = None) -> Any:
        return self.get_ActiveSheet().do_Range(first, second)

    def do_Intersect(self, *ranges: Range) -> Any:
        sheet, areas = ranges[0].sheet, list(ranges[0].areas)
        for other in ranges[1:]:
            if other.sheet is not sheet:
                raise excel_error("Method 'Intersect' of object '_Application' failed")
            areas = [meet for mine in areas for theirs in other.areas if (meet := mine.meet(theirs))]
        return Range(sheet, areas) if areas else None

    def do_Union(self, *ranges: Range) -> Any:
        return Range(ranges[0].sheet, [area for one in ranges for area in one.areas])

    def do_Calculate(self) -> None:
        pass

    def do_Quit(self) -> None:
        for book in list(self.excel.books):
            book.close()
        self.excel.ended = True


def _application_property(name: str) -> None:
    def put(self: Application, value: Any) -> None:
        self.excel.properties[name] = value
        self.excel.history.append((name, value))

    setattr(Application, f"get_{name}", lambda self: self.excel.properties[name])
    setattr(Application, f"put_{name}", put)


for _name in ("ScreenUpdating", "EnableEvents", "Interactive", "Calculation", "DisplayAlerts", "StatusBar", "CutCopyMode"):
    _application_property(_name)


class ChartArea(Com):
    """A chart is selected: it has no address."""

    strict = True

    def get_Name(self) -> str:
        return "Chart Area"


class Window(OfBook):
    def get_Caption(self) -> str:
        return str(self.model.name)

    def get_Hwnd(self) -> int:
        return int(self.model.hwnd)


class Workbooks(Collection):
    def things(self) -> list[Any]:
        return [book for book in self.excel.books if not book.protected_view]

    def wrap(self, thing: Any) -> Any:
        return Workbook(self.excel, thing)

    def do_Add(self) -> Any:
        book = self.excel.add_book(f"Book{len(self.excel.books) + 1}", folder="")
        book.add_sheet()
        self.excel.active = book
        return Workbook(self.excel, book)

    def do_Open(self, path: str, *_options: Any, **_named: Any) -> Any:
        book = self.excel.open(path)
        self.excel.active = book
        return Workbook(self.excel, book)


class Workbook(OfBook):
    def get_Name(self) -> str:
        return str(self.model.name)

    def get_Windows(self) -> Any:
        return Windows(self.excel, self.model)

    def get_Path(self) -> str:
        return str(self.model.url or self.model.folder)

    def get_FullName(self) -> str:
        return str(self.model.full_name)

    def get_ReadOnly(self) -> bool:
        return bool(self.model.read_only)

    def get_Saved(self) -> bool:
        return not self.model.dirty

    def put_Saved(self, value: bool) -> None:
        self.model.dirty = not value

    def get_FileFormat(self) -> int:
        return 52 if self.model.name.endswith(".xlsm") else 51

    def get_MultiUserEditing(self) -> bool:
        return bool(self.model.shared)

    def get_ProtectStructure(self) -> bool:
        return False

    def get_ActiveSheet(self) -> Any:
        return Worksheet(self.excel, self.model.active)

    def get_Worksheets(self) -> Any:
        return Worksheets(self.excel, self.model)

    get_Sheets = get_Worksheets

    def do_Activate(self) -> None:
        self.excel.active = self.model

    def do_Save(self) -> None:
        if self.model.read_only:
            raise excel_error(f"Cannot save as that name. Document was opened as read-only: '{self.model.name}'.")
        self.do_SaveAs(self.model.full_name, keep=True)

    def do_SaveAs(self, Filename: str, FileFormat: Any = None, Password: Any = None, keep: bool = False) -> None:
        self.model.saved_as.append(Filename)
        self.model.dirty = False
        for sheet in self.model.sheets:
            sheet.stretched = None
        if not keep:
            folder, _, name = Filename.replace("\\", "/").rpartition("/")
            self.model.folder, self.model.name, self.model.read_only = folder, name, False

    def do_Close(self, SaveChanges: Any = None) -> None:
        self.model.close()


class Windows(OfBook, Collection):
    def things(self) -> list[Any]:
        return [self.model]

    def wrap(self, thing: Any) -> Any:
        return Window(self.excel, thing)


class Worksheets(OfBook, Collection):
    def things(self) -> list[Any]:
        return list(self.model.sheets)

    def wrap(self, thing: Any) -> Any:
        return Worksheet(self.excel, thing)

    def get_Parent(self) -> Any:
        return Workbook(self.excel, self.model)

    def do_Add(self, Before: Any = None, After: Any = None, Count: int = 1, Type: Any = None) -> Any:
        added = [self.model.add_sheet() for _ in range(max(Count or 1, self.model.grouped))]
        for sheet in added:
            _place(sheet, Before or (None if After else Worksheet(self.excel, self.model.active)), After)
        self.model.grouped = 1
        added[0].activate()
        return Worksheet(self.excel, added[0])


def _place(sheet: Sheet, before: Any, after: Any) -> None:
    sheets = sheet.book.sheets
    if before is not None or after is not None:
        sheets.remove(sheet)
        sheets.insert(sheets.index((before or after).model) + (before is None), sheet)


class Worksheet(OfSheet):
    def get_Name(self) -> str:
        return self.sheet.name

    def put_Name(self, value: str) -> None:
        taken = {sheet.name.lower() for sheet in self.sheet.book.sheets if sheet is not self.sheet}
        if not value or len(value) > 31 or value.lower() in taken or set(value) & set("\\/?*[]:") or value[0] == "'":
            raise excel_error("That name is already taken. Try a different one.")
        self.sheet.name = value

    def get_Index(self) -> int:
        return self.sheet.book.sheets.index(self.sheet) + 1

    def get_Parent(self) -> Any:
        return Workbook(self.excel, self.sheet.book)

    def get_Visible(self) -> int:
        return self.sheet.visible

    def put_Visible(self, value: int) -> None:
        self.sheet.visible = -1 if value is True else int(value)

    def get_ProtectContents(self) -> bool:
        return self.sheet.protected

    def get_AutoFilterMode(self) -> bool:
        return False

    get_FilterMode = get_AutoFilterMode

    def put_AutoFilterMode(self, value: bool) -> None:
        if value:
            raise excel_error("Unable to set the AutoFilterMode property of the Worksheet class")

    def get_UsedRange(self) -> Any:
        return Range(self.sheet, [self.sheet.used()])

    def get_Cells(self) -> Any:
        return Range(self.sheet, [Rect(1, 1, ROWS, COLUMNS)])

    def get_Rows(self) -> Any:
        return Range(self.sheet, [Rect(1, 1, ROWS, COLUMNS)], "rows")

    def get_Columns(self) -> Any:
        return Range(self.sheet, [Rect(1, 1, ROWS, COLUMNS)], "columns")

    def get_ListObjects(self) -> Any:
        return ListObjects(self.excel, self.sheet)

    def get_Comments(self) -> Any:
        return Collection(self.excel)

    get_CommentsThreaded = get_Shapes = get_Comments

    def get_Names(self) -> Any:
        return LocalNames(self.excel, self.sheet)

    def do_Range(self, first: Any, second: Any = None) -> Any:
        corners = [self._areas(one) for one in (first, second) if one is not None]
        return Range(self.sheet, corners[0] if len(corners) == 1 else [bounds(corners[0] + corners[1])])

    def _areas(self, one: Any) -> list[Rect]:
        if isinstance(one, Range):
            if one.sheet is not self.sheet:
                raise excel_error("Method 'Range' of object '_Worksheet' failed")
            return list(one.areas)
        if isinstance(one, str):
            for table in self.sheet.tables:
                if table.name.lower() == one.lower() and table.body:
                    return [table.body]
            try:
                if len(one) <= 255:
                    return list(rects(one))
            except ValueError:
                pass
        raise excel_error("Method 'Range' of object '_Worksheet' failed")

    def do_Activate(self) -> None:
        self.sheet.activate()

    def do_Select(self, Replace: Any = True) -> None:
        self.sheet.book.grouped = 1
        self.sheet.activate()

    def do_Protect(self, Password: Any = None, **_options: Any) -> None:
        self.sheet.protect()

    def do_Unprotect(self, Password: Any = None) -> None:
        self.sheet.unprotect()

    def do_Delete(self) -> bool:
        book = self.sheet.book
        if len(book.sheets) == 1:
            raise excel_error("A workbook must contain at least one visible worksheet.")
        self.sheet.deleted = True
        book.sheets.remove(self.sheet)
        if book.active is self.sheet:
            book.active = book.sheets[0]
        return True

    def do_Copy(self, Before: Any = None, After: Any = None) -> None:
        if Before is None and After is None:
            raise NotImplementedError("the fake Excel does not copy a sheet into a new book")
        book = (Before or After).sheet.book
        taken = {sheet.name.lower() for sheet in book.sheets}
        number = next(n for n in range(2, 1000) if f"{self.sheet.name} ({n})".lower() not in taken)
        sheet = self.sheet.copy(f"{self.sheet.name} ({number})")
        sheet.book = book
        book.sheets.append(sheet)
        _place(sheet, Before, After)
        sheet.activate()

    def do_Move(self, Before: Any = None, After: Any = None) -> None:
        _place(self.sheet, Before, After)


class LocalNames(OfSheet, Collection):
    def things(self) -> list[Any]:
        return list(self.sheet.names)

    def name_of(self, thing: Any) -> str:
        return str(thing)

    def wrap(self, thing: Any) -> Any:
        return LocalName(self.excel, self.sheet, thing)

    def do_Add(self, Name: str, RefersTo: str) -> Any:
        self.sheet.names[Name] = RefersTo
        return self.wrap(Name)


class LocalName(OfSheet):
    def __init__(self, excel: Any, sheet: Sheet, text: str) -> None:
        super().__init__(excel, sheet)
        self.__dict__["text"] = text

    def get_Name(self) -> str:
        return f"{self.sheet.name}!{self.text}"

    def get_RefersTo(self) -> str:
        return self.sheet.names[self.text]

    def do_Delete(self) -> None:
        del self.sheet.names[self.text]


class ListObjects(OfSheet, Collection):
    def things(self) -> list[Any]:
        return list(self.sheet.tables)

    def wrap(self, thing: Any) -> Any:
        return ListObject(self.excel, thing)

    def do_Add(self, SourceType: int = 1, Source: Any = None, XlListObjectHasHeaders: int = 1, **_options: Any) -> Any:
        number = sum(len(sheet.tables) for sheet in self.sheet.book.sheets) + 1
        return self.wrap(self.sheet.add_table(f"Table{number}", Source.first.address(), XlListObjectHasHeaders == 1))


class ListObject(OfSheet):
    @property
    def sheet(self) -> Sheet:
        return self.model.sheet

    @property
    def table(self) -> Table:
        return self.model

    def _range(self, rect: Rect | None) -> Any:
        return Range(self.sheet, [rect]) if rect else None

    def get_Name(self) -> str:
        return self.table.name

    def put_Name(self, value: str) -> None:
        self.table.name = value

    get_DisplayName, put_DisplayName = get_Name, put_Name

    def get_Range(self) -> Any:
        return self._range(self.table.rect)

    def get_HeaderRowRange(self) -> Any:
        return self._range(self.table.header)

    def get_DataBodyRange(self) -> Any:
        return self._range(self.table.body)

    def get_ShowHeaders(self) -> bool:
        return self.table.headers

    def get_ShowTotals(self) -> bool:
        return self.table.totals

    def get_Parent(self) -> Any:
        return Worksheet(self.excel, self.sheet)

    def do_Resize(self, Range: Any) -> None:
        self.table.rect = Range.first
