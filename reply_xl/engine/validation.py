"""Data validation of a range over a file: lists of choices can be set, every rule can be looked at and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.areas import intersection
from reply_xl.engine.members import refusing
from reply_xl.errors import SheetError
from reply_xl.xlsx.model import Rule
from reply_xl.xlsx.rules import without
from reply_xl.xlsx.xml import is_on

if TYPE_CHECKING:
    from reply_xl.engine.range import Range

_KINDS = {
    "whole": "whole_number", "decimal": "decimal", "list": "list", "date": "date", "time": "time", "textLength": "text_length",
    "custom": "custom",
}  # fmt: skip
_LONGEST_FORMULA = 255
_KEPT = ("prompt", "promptTitle", "error", "errorTitle", "errorStyle", "showInputMessage", "showErrorMessage")


@refusing
class DataValidation(base_classes.DataValidation):  # type: ignore[misc]
    def __init__(self, parent: Range) -> None:
        self.parent = parent

    @property
    def api(self) -> DataValidation:
        return self

    def _rules(self) -> list[tuple[Rule, int]]:
        """The rules that hold in the range, and for how many of its cells."""
        found = []
        for rule in self.parent.sheet.file.rules:
            parts = [part for area in self.parent.areas for one in rule.areas if (part := intersection(area, one))]
            if parts:
                found.append((rule, sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in parts)))
        return found

    @property
    def type(self) -> str:
        rules = self._rules()
        if not rules:
            return "none"
        if sum(count for _, count in rules) < len(self.parent):
            return "mixed_criteria"
        return _KINDS.get(rules[0][0].kind, "unknown") if len(rules) == 1 else "inconsistent"

    def _attribute(self, name: str) -> str | None:
        """An attribute of the rule, if one holds everywhere in the range."""
        return self._rules()[0][0].attributes.get(name) if self.type not in ("none", "mixed_criteria", "inconsistent") else None

    def _flag(self, name: str) -> bool | None:
        return None if self.type in ("none", "mixed_criteria", "inconsistent") else is_on(self._attribute(name))

    def _text(self, name: str) -> str | None:
        return None if self.type in ("none", "mixed_criteria", "inconsistent") else self._attribute(name) or ""

    @property
    def operator(self) -> str | None:
        return self._of_numbers("operator")

    @property
    def formula1(self) -> str | None:
        return self._of_numbers("formula1")

    @property
    def formula2(self) -> str | None:
        return self._of_numbers("formula2")

    def _of_numbers(self, member: str) -> str | None:
        """None for a rule that compares nothing."""
        if self.type in ("none", "mixed_criteria", "inconsistent", "list", "custom"):
            return None
        raise NotImplementedError(f"DataValidation.{member} is not supported for files without Excel")

    @property
    def formula(self) -> str | None:
        return f"={self._rules()[0][0].formula.removeprefix('=')}" if self.type == "custom" else None

    @property
    def source(self) -> str | None:
        if self.type != "list":
            return None
        formula = self._rules()[0][0].formula
        return formula[1:-1].replace('""', '"') if formula.startswith('"') else f"={formula.removeprefix('=')}"

    @property
    def in_cell_dropdown(self) -> bool | None:
        return not is_on(self._attribute("showDropDown")) if self.type == "list" else None  # the file's word means the opposite

    @property
    def ignore_blank(self) -> bool | None:
        return self._flag("allowBlank")

    @property
    def input_title(self) -> str | None:
        return self._text("promptTitle")

    @property
    def input_message(self) -> str | None:
        return self._text("prompt")

    @property
    def show_input(self) -> bool | None:
        return self._flag("showInputMessage")

    @property
    def error_title(self) -> str | None:
        return self._text("errorTitle")

    @property
    def error_message(self) -> str | None:
        return self._text("error")

    @property
    def show_error(self) -> bool | None:
        return self._flag("showErrorMessage")

    @property
    def alert_style(self) -> str | None:
        text = self._text("errorStyle")
        return None if text is None else text or "stop"

    def set_list(self, source: Any, in_cell_dropdown: bool) -> None:
        """Choices for every cell of the range, nothing else allowed but to leave it empty. `source`: texts, a range or a name."""
        formula = self._formula(source)
        if len(formula) > _LONGEST_FORMULA:
            raise ValueError("the Excel data validation source cannot exceed 255 characters")
        if self.type in ("mixed_criteria", "inconsistent"):
            raise SheetError("Cannot update data validation because the target cells have different validation rules.")
        attributes = {"allowBlank": "1", "showInputMessage": "1", "showErrorMessage": "1"}
        if self.type != "none":
            attributes |= {key: text for key, text in self._rules()[0][0].attributes.items() if key in _KEPT}
        if not in_cell_dropdown:
            attributes["showDropDown"] = "1"
        self.delete()
        file = self.parent.sheet.file
        self._refuse_if_protected()
        file.rules = [*file.rules, Rule(self.parent.areas, "list", formula, attributes)]

    def _formula(self, source: Any) -> str:
        if isinstance(source, base_classes.Range):
            sheet = source.sheet.name
            place = "" if sheet == self.parent.sheet.name else "'" + sheet.replace("'", "''") + "'!"
            return place + str(source.get_address(True, True, False))
        if isinstance(source, base_classes.Name):
            return str(source.name)
        texts: Sequence[str] = source
        return '"' + ",".join(texts).replace('"', '""') + '"'

    def set_rule(self, rule_type: str, operator: Any, formula1: Any, formula2: Any) -> None:
        raise NotImplementedError("DataValidation.set_rule is not supported for files without Excel")

    def delete(self) -> None:
        file = self.parent.sheet.file
        if not self._rules():
            return
        self._refuse_if_protected()
        rules = file.rules
        for area in self.parent.areas:
            rules = without(rules, area)
        file.rules = rules

    def _refuse_if_protected(self) -> None:
        if self.parent.sheet.file.data.protected:
            raise SheetError(f"The sheet {self.parent.sheet.name} is protected: its rules cannot be changed. Unprotect it in Excel first.")
