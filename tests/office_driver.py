"""Runs in a Python that has LibreOffice's `uno`, in a process of its own: reads requests as JSON lines, answers in JSON lines.

`python office_driver.py PIPE` joins the office that listens on that pipe.
"""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue

_LIBRARY = "VBAProject"


def _property(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def _join(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(200):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.1)
    raise SystemExit("LibreOffice did not start.")


class Driver:
    def __init__(self, pipe):
        self.context = _join(pipe)
        self.desktop = self._make("com.sun.star.frame.Desktop")

    def _make(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def open_addin(self, url):
        kind = _property("FilterName", "Calc MS Excel 2007 VBA XML")
        self.addin = self.desktop.loadComponentFromURL(url, "_blank", 0, (_property("MacroExecutionMode", 4), kind))
        factory = self._make("com.sun.star.script.provider.MasterScriptProviderFactory")
        self.scripts = factory.createScriptProvider(self.addin)
        return sorted(self.addin.BasicLibraries.getByName(_LIBRARY).ElementNames)

    def open_book(self, url):
        self.book = self.desktop.loadComponentFromURL(url, "_blank", 0, ())
        return self.book.Title

    def select(self, sheet, areas):
        page = self.book.Sheets.getByName(sheet)
        ranges = self.book.createInstance("com.sun.star.sheet.SheetCellRanges")
        for area in areas:
            ranges.addRangeAddress(page.getCellRangeByName(area).RangeAddress, False)
        self.book.CurrentController.setActiveSheet(page)
        self.book.CurrentController.select(ranges)

    def select_shape(self, sheet):
        page = self.book.Sheets.getByName(sheet)
        shape = self.book.createInstance("com.sun.star.drawing.RectangleShape")
        page.DrawPage.add(shape)
        self.book.CurrentController.setActiveSheet(page)
        self.book.CurrentController.select(shape)

    def call(self, name, *arguments):
        """What a macro returns, and its arguments that it changed."""
        script = self.scripts.getScript(f"vnd.sun.star.script:{_LIBRARY}.{name}?language=Basic&location=document")
        returned, _, changed = script.invoke(arguments, (), ())
        return returned, changed

    def press(self, macro, control, *arguments):
        """Calls an onAction or getPressed with a control as Excel would, and tells how long that took and what came back."""
        bag = self._make("com.sun.star.beans.PropertyBag")
        bag.addProperty("ID", 0, control)
        bag.addProperty("Tag", 0, "")
        began = time.perf_counter()
        _, changed = self.call(macro, bag, *arguments)
        return {"seconds": time.perf_counter() - began, "last": changed[-1] if len(changed) > 1 else None}

    def ask(self, macro, *arguments):
        return self.call(macro, *arguments)[0]

    def change_module(self, name, changes):
        library = self.addin.BasicLibraries.getByName(_LIBRARY)
        text = library.getByName(name)
        for old, new in changes:
            if old not in text:
                raise ValueError(old)
            text = text.replace(old, new)
        library.replaceByName(name, text)

    def close(self):
        self.desktop.terminate()


def main():
    driver = Driver(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        try:
            answer = {"answer": getattr(driver, verb)(*arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        if verb == "close":
            return


main()
