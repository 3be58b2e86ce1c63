"""The formats of a range over a file: number format, fill, bold, widths and heights, with Excel's answers where cells differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xlwings import base_classes
from xlwings.utils import hex_to_rgb, int_to_rgb

from reply_xl.engine import areas
from reply_xl.engine.members import refusing
from reply_xl.errors import SheetError
from reply_xl.xlsx import edit
from reply_xl.xlsx.model import MAX_COLUMN, MAX_ROW, Area

if TYPE_CHECKING:
    from reply_xl.engine.sheet import Sheet

MAX_WRITE = 3_000_000
"""As many cells are written or formatted at once at most."""


class Formats:
    """The part of a range that is about how cells look. `Range` adds what cells hold and where they are."""

    if TYPE_CHECKING:
        _sheet: Sheet

        @property
        def api(self) -> Any: ...
        @property
        def area(self) -> Area: ...
        @property
        def areas(self) -> list[Area]: ...
        def __call__(self, *args: int) -> Formats: ...

    def _styles(self) -> set[int]:
        return areas.styles_in(self._sheet.file.data, self.area)

    def _restyle(self, change: Callable[[int], int]) -> None:
        if not self.api:
            return
        sheet = self._sheet.file.data
        if sheet.formats_protected:
            raise SheetError(f"The sheet {self._sheet.name} is protected: its formats cannot be changed. Unprotect it in Excel first.")
        for area in self.areas:
            top, left, bottom, right = area
            if right - left + 1 == MAX_COLUMN:
                raise NotImplementedError("Formatting whole rows is not supported for files without Excel")
            whole = bottom - top + 1 == MAX_ROW
            if whole:
                for column in range(left, right + 1):
                    edit.set_columns(sheet, column, column, style=change(edit.default_style(sheet, 0, column)))
            elif (bottom - top + 1) * (right - left + 1) > MAX_WRITE:
                raise SheetError("The range is too large to be formatted at once.")
            for row, column in list(areas.stored(sheet, area)) if whole else areas.cells(area):
                old = edit.style_at(sheet, row, column)
                new = change(old)
                if new != old:
                    edit.set_style(sheet, row, column, new)

    def _common(self, trait: str) -> Any:
        """The trait all cells of the first area share, in a list; the list is empty if they differ."""
        styles = self._sheet.file.book.styles
        found = {getattr(styles[style], trait) for style in self._styles()}
        return list(found) if len(found) == 1 else []

    def derive(self, **changes: Any) -> None:
        styles = self._sheet.file.book.styles
        self._restyle(lambda style: styles.derive(style, **changes))

    @property
    def number_format(self) -> str | None:
        if not self.api:
            return ""
        sheet, styles = self._sheet.file.data, self._sheet.file.book.styles
        first: int | None = None
        for row, column in areas.stored(sheet, self.area):  # a range of several formats is known by its first few cells
            style = sheet.cells[row][column][1]
            first = style if first is None else first
            if style != first and styles[style].number_format != styles[first].number_format:
                return None
        common: list[str] = self._common("number_format")
        return common[0] if common else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        if not isinstance(value, str) or not value or len(value) > 255:
            raise SheetError(f"{value!r} is no number format.")
        self.derive(number_format="General" if value.lower() == "general" else value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        """The fill; black where the cells differ, as Excel's Interior.Color gives 0 for them."""
        if not self.api:
            return None
        common = self._common("fill")
        return common[0] if common else (0, 0, 0)

    @color.setter
    def color(self, value: Any) -> None:
        if isinstance(value, str):
            value = hex_to_rgb(value)
        if isinstance(value, int):
            value = int_to_rgb(value)
        self.derive(fill=None if value is None else (int(value[0]) & 255, int(value[1]) & 255, int(value[2]) & 255))

    def set_colors(self, colors: list[list[Any]]) -> None:
        for row, line in enumerate(colors, 1):
            for column, color in enumerate(line, 1):
                if color is not ...:
                    self(row, column).color = color

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def column_width(self) -> float | None:
        return areas.common(areas.column_width(self._sheet.file.data, column) for column in range(self.area[1], self.area[3] + 1))

    @column_width.setter
    def column_width(self, value: float) -> None:
        if not 0 <= float(value) <= 255:
            raise SheetError(f"A column cannot be {value} wide.")
        sheet = self._sheet.file.data
        if sheet.formats_protected:
            raise SheetError(f"The sheet {self._sheet.name} is protected: its columns cannot be changed. Unprotect it in Excel first.")
        for area in self.areas:
            edit.set_columns(sheet, area[1], area[3], width=areas.stored_width(float(value)))

    @property
    def row_height(self) -> float | None:
        sheet = self._sheet.file.data
        return areas.common(areas.row_height(sheet, row) for row in range(self.area[0], self.area[2] + 1))


@refusing
class Font(base_classes.Font):  # type: ignore[misc]
    """The font of a range: bold or not."""

    def __init__(self, parent: Formats) -> None:
        self._range = parent

    @property
    def api(self) -> Font:
        return self

    @property
    def bold(self) -> bool | None:
        common: list[bool] = self._range._common("bold")
        return common[0] if common else None

    @bold.setter
    def bold(self, value: bool) -> None:
        self._range.derive(bold=bool(value))
