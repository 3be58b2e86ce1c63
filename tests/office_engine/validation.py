"""Lists of choices for the cells of a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from .bridge import enumeration
from .values import is_mixed

if TYPE_CHECKING:
    from .ranges import Range

_KIND = "com.sun.star.sheet.ValidationType"
_NAMES = {
    "ANY": "none",
    "LIST": "list",
    "WHOLE": "whole_number",
    "DECIMAL": "decimal",
    "DATE": "date",
    "TIME": "time",
    "TEXT_LEN": "text_length",
}
_STYLES = {"STOP": "stop", "WARNING": "warning", "INFO": "information"}


class DataValidation(base_classes.DataValidation):  # type: ignore[misc]
    def __init__(self, parent: Range) -> None:
        self._range = parent

    @property
    def api(self) -> Any:
        return self._range.uno.Validation

    @property
    def type(self) -> str:
        if is_mixed(self._range.uno, "Validation"):
            return "mixed_criteria"
        return _NAMES.get(self.api.Type.value, "custom")

    @property
    def source(self) -> str | None:
        return f"={self.api.getFormula1()}" if self.type == "list" else None

    @property
    def in_cell_dropdown(self) -> bool | None:
        return self.api.ShowList > 0 if self.type == "list" else None

    @property
    def ignore_blank(self) -> bool:
        return bool(self.api.IgnoreBlankCells)

    @property
    def show_error(self) -> bool:
        return bool(self.api.ShowErrorMessage)

    @property
    def alert_style(self) -> str:
        return _STYLES.get(self.api.ErrorAlertStyle.value, "unknown")

    def set_list(self, source: Any, in_cell_dropdown: bool) -> None:
        """`source`: a range of the same sheet, or texts."""
        if isinstance(source, base_classes.Range):
            formula = source.get_address(True, True, False)
        else:
            formula = ";".join('"' + text.replace('"', '""') + '"' for text in source)
        rule = self.api
        rule.Type = enumeration(_KIND, "LIST")
        rule.setFormula1(formula)
        rule.ShowList, rule.IgnoreBlankCells, rule.ShowErrorMessage = int(in_cell_dropdown), True, True
        rule.ErrorAlertStyle = enumeration("com.sun.star.sheet.ValidationAlertStyle", "STOP")
        self._range.put("Validation", rule)

    def delete(self) -> None:
        rule = self.api
        rule.Type = enumeration(_KIND, "ANY")
        self._range.put("Validation", rule)
