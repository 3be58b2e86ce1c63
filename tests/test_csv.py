"""CSV files where a workbook is accepted: columns, preview and push, the results beside the file, hostile files."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import FIRST_ID, Ran, patches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reply_xl.errors import HeaderError, ReplyXlError, SheetError, WorkbookError
from reply_xl.sandbox import Sandbox
from reply_xl.sheet import Sheet
from reply_xl.workbook import Workbook, checked_out, results_path

Command = Callable[..., Ran]
Make = Callable[..., Sandbox]

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
OWN = ("Reply status", "Reply message", "Reply updated at")


def table(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    """The file as any other program reads it."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def columns(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    header, *rows = table(path, delimiter, encoding)
    return [dict(zip(header, row, strict=False)) for row in rows]


@pytest.fixture
def leads(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str | bytes, name: str = "leads.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return make


Leads = Callable[..., Path]


# -- push


def test_push_writes_the_results_beside_the_file(sandbox: Sandbox, leads: Leads, run: Command) -> None:
    """The whole file plus our columns; the input is left as it is; our text stays ASCII where the file is."""
    path = leads("Email,Title,Phone\r\np0@example.com,CTO,0041 44 00\r\nnobody@example.com,CEO,+41 44 00\r\n")
    before = path.read_bytes()
    ran = run("push", path, "--base-url", sandbox.url, "--yes")
    assert ran.code == 3
    assert "leads.results.csv" in ran.err
    assert path.read_bytes() == before
    results = path.with_name("leads.results.csv")
    assert results.read_bytes().isascii()
    lines = results.read_bytes().split(b"\r\n")
    assert lines[0] == b"Email,Title,Phone,Reply status,Reply message,Reply updated at"
    assert lines[1].startswith(b"p0@example.com,CTO,0041 44 00,Updated,")
    assert lines[2].startswith(b"nobody@example.com,CEO,+41 44 00,Not found,")
    first, second = columns(results)
    assert MOMENT.fullmatch(first["Reply updated at"])
    assert second["Reply updated at"] == ""
    assert sandbox.contact(FIRST_ID)["title"] == "CTO"
    assert sandbox.contact(FIRST_ID)["phone"] == "0041 44 00"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["leads.csv", "leads.results.csv"]


@pytest.mark.parametrize(
    ("name", "delimiter", "bom", "encoding"),
    [
        ("leads.csv", ";", b"", "cp1252"), ("leads.csv", ",", b"\xef\xbb\xbf", "utf-8"), ("leads.txt", "\t", b"\xff\xfe", "utf-16-le"),
        ("leads.tsv", "\t", b"", "utf-8"), ("Leads.CSV", "|", b"\xfe\xff", "utf-16-be"),
    ],
)  # fmt: skip
def test_every_dialect_comes_back_as_it_was(
    sandbox: Sandbox, leads: Leads, command: Command, name: str, delimiter: str, bom: bytes, encoding: str
) -> None:
    """What is sent is what stands there; each line of the results begins with the bytes of the file's."""
    rows = [
        ["Reply ID", "First name", "Notes"],
        [str(FIRST_ID), "Jürgen", 'two\nlines, "quoted"; and |\ttabs'],
        [str(FIRST_ID + 1), "Zoë", ""],
    ]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    path = leads(bom + file.getvalue().encode(encoding), name)
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.words == ["updated", "updated"], ran
    assert sandbox.contact(FIRST_ID)["firstName"] == "Jürgen"
    assert sandbox.contact(FIRST_ID)["notes"] == rows[1][2]
    assert ("cp1252" in ran.err) is (encoding == "cp1252")
    results = results_path(path)
    text = results.read_bytes()[len(bom) :].decode(encoding)
    assert results.read_bytes().startswith(bom)
    old, new = file.getvalue().split("\r\n"), text.split("\r\n")
    assert all(after.startswith(before) for before, after in zip(old, new, strict=True))
    assert text.count("Updated") >= 2


def test_the_results_go_on_where_they_are_pushed(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """A second run with the results file as input uses its own columns again, changes nothing in Reply, and keeps every other byte."""
    path = leads('sep=;\r\nEmail;Title\r\np0@example.com;"CTO"\r\np1@example.com;CEO\r\n')
    assert command("push", path, "--base-url", sandbox.url, "--yes").code == 0
    results = path.with_name("leads.results.csv")
    assert results.read_bytes().startswith(
        b'sep=;\r\nEmail;Title;Reply status;Reply message;Reply updated at\r\np0@example.com;"CTO";Updated;'
    )
    ran = command("push", results, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.words == ["unchanged", "unchanged"]
    assert len(patches(sandbox)) == 2
    again = table(results, ";")[1:]
    assert [row[2] for row in again] == ["Reply status", "Unchanged", "Unchanged"]
    assert all(len(row) == 5 for row in again)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["leads.csv", "leads.results.csv"]


def test_results_of_a_former_run_are_replaced(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """Pushing the same file again replaces its results; a file that only has that name is refused before anything is sent."""
    path = leads("Email,Title\np0@example.com,CTO\n")
    for title in ("CTO", "CEO"):
        path.write_text(f"Email,Title\np0@example.com,{title}\n")
        assert command("push", path, "--base-url", sandbox.url, "--yes").code == 0
        assert columns(path.with_name("leads.results.csv"))[0]["Title"] == title
    mine = leads("my own work", "leads.results.csv")
    path.write_text("Email,Title\np0@example.com,COO\n")
    ran = command("push", path, "--base-url", sandbox.url, "--yes")
    assert ran.code == 1
    assert "--out" in ran.err
    assert ran.err.count("\n") == 1
    assert mine.read_text() == "my own work"
    for other in ("Email,Title,Reply status\nx@example.com,a,\ny@example.com,b,\n", "Email,City,Reply status\np0@example.com,CTO,\n"):
        mine.write_text(other)
        assert command("push", path, "--base-url", sandbox.url, "--yes").code == 1
        assert mine.read_text() == other
    assert len(patches(sandbox)) == 2


def test_a_pull_replaces_what_it_pulled_before(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """The file of results needs no status column, where it has the name of one and the same headers and rows."""
    path = leads("Email,First name\np0@example.com,\n")
    for name in ("First0", "Another"):
        sandbox.edit(FIRST_ID, firstName=name)
        assert command("pull", path, "--base-url", sandbox.url).code == 0
        assert columns(path.with_name("leads.results.csv"))[0]["First name"] == name


def test_out_names_another_file(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """`--out` overrides, must be of the same kind, and may be the file itself."""
    path = leads("Email,Title\np0@example.com,CTO\n")
    assert command("push", path, "--base-url", sandbox.url, "--out", path.with_name("out.xlsx")).code == 1
    assert patches(sandbox) == []
    out = path.with_name("out.csv")
    assert command("push", path, "--base-url", sandbox.url, "--out", out).code == 0
    assert columns(out)[0]["Reply status"] == "Updated"
    assert command("push", path, "--base-url", sandbox.url, "--out", path).code == 0
    assert columns(path)[0]["Reply status"] == "Unchanged"
    assert not path.with_name("leads.results.csv").exists()


def test_values_are_text_until_parsed(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """Leading zeros, `1-2` and `=x` are sent as they stand and never interpreted; ids are ids; `'+41`, as safe exporters write it, is `+41`."""
    path = leads(f"Reply ID,Phone,Company size,Notes,City\n{FIRST_ID},'+41 44 000,11-50,=x,0012\n{FIRST_ID + 1},0041 44,51-200,1-2,-5\n")
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").words == ["updated", "updated"]
    first, second = sandbox.contact(FIRST_ID), sandbox.contact(FIRST_ID + 1)
    assert (first["phone"], first["notes"], first["city"]) == ("+41 44 000", "=x", "0012")
    assert (second["phone"], second["notes"], second["city"]) == ("0041 44", "1-2", "-5")
    assert b",'+41 44 000,11-50,=x,0012,Updated," in path.with_name("leads.results.csv").read_bytes()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_formula_that_only_says_a_text_is_that_text(sandbox: Sandbox, leads: Leads, command: Command, delimiter: str) -> None:
    """Exporters write `="0012"` to keep a zero: it is 0012 that Excel shows, in an id too. The file keeps it as it stands."""
    lines = [
        ["Reply ID", "Phone", "Company size", "City", "Notes"],
        [f'="{FIRST_ID}"', '="0301234567"', '="11-50"', '"=""0012"""', '\'="x"'],
    ]
    path = leads("\n".join(map(delimiter.join, lines)) + "\n")
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").words == ["updated"]
    contact = sandbox.contact(FIRST_ID)
    assert [contact[name] for name in ("phone", "companySize", "city", "notes")] == ["0301234567", "fifty", "0012", '="x"']
    assert delimiter.join(lines[1]).encode() in path.with_name("leads.results.csv").read_bytes()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "x;=1+1"])
def test_no_text_of_the_api_becomes_a_formula(make_sandbox: Make, leads: Leads, command: Command, text: str) -> None:
    """Neither in a column that is filled from Reply nor in a message, whichever delimiter Excel splits at. A value that an apostrophe in
    front cannot make safe is not written."""
    one = {"id": FIRST_ID, "email": "p0@example.com", "sequences": [{"sequenceId": 1, "sequenceName": text}]}
    sandbox = make_sandbox([one], custom_fields=[{"id": 7, "title": f"{text};=2", "fieldType": "text"}], ignores=[f"custom:{text};=2"])
    path = leads("Email,custom: #7,Reply sequences\np0@example.com,x,\n")
    assert command("push", path, "--base-url", sandbox.url).code == 3
    line = columns(path.with_name("leads.results.csv"))[0]
    assert line["Reply sequences"].removeprefix("'") == (text if text[0] in "=+-@" else "")
    assert "=2" in line["Reply message"]
    for part in (*line.values(), *re.split(r"[;,\t|]", line["Reply message"])):
        assert not part.lstrip().startswith(("=", "+", "-", "@"))


def test_pulled_text_never_becomes_a_formula(make_sandbox: Make, leads: Leads, command: Command) -> None:
    """What another Excel would split and evaluate leaves the cell as it was; what an apostrophe makes safe is written with it."""
    people = [{"email": f"p{n}@example.com", "title": title} for n, title in enumerate(["Hot;=1+1;x", "=1+1", "Hot; cold"])]
    sandbox = make_sandbox(people)
    path = leads("Email,Title\np0@example.com,old\np1@example.com,old\np2@example.com,old\n")
    assert command("pull", path, "--base-url", sandbox.url, "--overwrite").code == 0
    assert [line["Title"] for line in columns(path.with_name("leads.results.csv"))] == ["old", "'=1+1", "Hot; cold"]


def test_a_separator_too_many_spoils_its_row(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """An unquoted `Head, Sales` would put values into other fields: nothing of that row is sent."""
    path = leads(f"Reply ID,Email,Title,City\n{FIRST_ID},p0@example.com,Head, Sales,Bern\n{FIRST_ID + 1},p1@example.com,CTO,Bern,,\n")
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.words == ["invalid", "updated"]
    assert [request.contact_id for request in patches(sandbox)] == [FIRST_ID + 1]


def test_a_linkedin_export_is_found_below_its_preamble(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """The preamble stays byte for byte, our headers stand in the header row, and rows are counted as Excel counts them."""
    top = '\ufeffNotes:\n"When exporting your data, you may notice\nthat some are missing, ..."\n\n'
    path = leads(
        top + "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nFirst0,Last0,,p0@example.com,Acme,CTO,12 May 2024\n"
    )
    ran = command("push", path, "--base-url", sandbox.url, "--json")
    assert [(line["row"], line["outcome"]) for line in ran.lines] == [(5, "updated")]
    results = path.with_name("leads.results.csv").read_text(encoding="utf-8")
    assert results.startswith(
        top + "First Name,Last Name,URL,Email Address,Company,Position,Connected On,Reply status,Reply message,Reply updated at\n"
    )


def test_columns_and_preview_write_nothing(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """Both read a CSV file as they read a workbook; the sheet is called as Excel calls it."""
    path = leads("Email;Title;Colour\np0@example.com;CTO;red\n")
    shown = command("columns", path, "--base-url", sandbox.url, "--json").lines[0]
    assert (shown["sheet"], shown["header_row"]) == ("leads", 1)
    assert [(column["column"], column["target"]) for column in shown["columns"]] == [("A", "email"), ("B", "title"), ("C", None)]
    (line,) = command("preview", path, "--base-url", sandbox.url, "--json", "--sheet", "LEADS").lines
    assert (line["outcome"], line["changes"]) == ("updated", {"title": [None, "CTO"]})
    assert command("preview", path, "--base-url", sandbox.url, "--sheet", "Other").code == 1
    assert patches(sandbox) == []
    assert [entry.name for entry in path.parent.iterdir()] == ["leads.csv"]


def test_rows_that_were_not_chosen_keep_their_bytes(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """Short rows and rows of no result stay as they are, and a long row pushes our columns to its right."""
    path = leads("Email,Title\np0@example.com,CTO\np1@example.com\n,,\np2@example.com,CEO,more\n")
    assert command("push", path, "--base-url", sandbox.url, "--rows", "2").code == 0
    lines = path.with_name("leads.results.csv").read_text().splitlines()
    assert lines[0] == "Email,Title,,Reply status,Reply message,Reply updated at"
    assert lines[1].startswith("p0@example.com,CTO,,Updated,")
    assert lines[2:] == ["p1@example.com", ",,", "p2@example.com,CEO,more"]


def test_filled_columns_get_iso_dates(make_sandbox: Make, leads: Leads, command: Command) -> None:
    """A time from Reply is written as `YYYY-MM-DD HH:MM:SS`, and written again it changes no byte."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "p0@example.com", "firstName": "A", "addingDate": "2026-01-02T03:04:05"}])
    path = leads("Email,Title,addingDate\np0@example.com,CTO,\n")
    assert command("push", path, "--base-url", sandbox.url).code == 0
    results = path.with_name("leads.results.csv")
    assert columns(results)[0]["addingDate"] == "2026-01-02 03:04:05"
    assert command("push", results, "--base-url", sandbox.url).code == 0
    assert columns(results)[0]["addingDate"] == "2026-01-02 03:04:05"


def test_results_are_not_lost_when_they_cannot_be_saved(make_sandbox: Make, leads: Leads, command: Command) -> None:
    """Another program changed the results while the run went on: they are not replaced, and the sentence says so."""
    path = leads("Email,Title\np0@example.com,CTO\n")
    results = path.with_name("leads.results.csv")
    with Workbook(path, results) as book:
        book.save()
        results.write_text("changed by somebody else")
        with pytest.raises(WorkbookError, match="changed by another program"):
            book.save()
    assert results.read_text() == "changed by somebody else"


# -- hostile files


def test_bad_files_are_one_sentence(sandbox: Sandbox, leads: Leads, tmp_path: Path, command: Command) -> None:
    """Binary, NUL bytes, a workbook by another name, damaged text, nothing, a folder, missing: exit 1, no request, the file intact."""
    leads(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary.csv")
    leads(b"Email,Title\np0@example.com,\0\n", "nul.csv")
    leads(b"PK\x03\x04" + bytes(50), "workbook.csv")
    leads("Email,Title\np0@example.com,Zürich\n".encode() + b"\xfc\n", "mixed.csv")
    leads('Email,Title\np0@example.com,"CTO\n', "quote.csv")
    leads(b"", "empty.csv")
    leads(b"\xef\xbb\xbf\r\n\r\n", "blank.csv")
    leads("," * 20_000 + "\nEmail\n", "wide.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "list.ods").write_text("x")
    for path in [*sorted(tmp_path.iterdir()), tmp_path / "missing.csv"]:
        before = path.read_bytes() if path.is_file() else None
        for verb in ("push", "preview", "columns"):
            ran = command(verb, path, "--base-url", sandbox.url)
            assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), (path.name, ran)
            assert "unexpected" not in ran.err
        assert (path.read_bytes() if path.is_file() else None) == before
    assert patches(sandbox) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions mean nothing to this user")
def test_a_folder_that_cannot_be_written_is_said_before_anything_is_sent(sandbox: Sandbox, leads: Leads, command: Command) -> None:
    """The results could not be kept, so nothing is sent."""
    path = leads("Email,Title\np0@example.com,CTO\n")
    path.parent.chmod(0o555)
    ran = command("push", path, "--base-url", sandbox.url)
    path.parent.chmod(0o755)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert patches(sandbox) == []


@given(
    st.lists(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=6), max_size=4), max_size=5)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_read_and_saved_as_it_was(tmp_path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Whatever the cells: opened and read as a sheet or refused with a sentence, and saved without results byte for byte."""
    path, out = tmp_path / "x.csv", tmp_path / "out.csv"
    file = io.StringIO()
    csv.writer(file).writerows([("Email", "Title", "Reply status"), *rows])
    path.write_bytes(file.getvalue().encode())
    with Workbook(path, out) as book:
        sheet = book.sheet()
        try:
            reading = sheet.read()
            layout = sheet.prepare(reading, ["Reply status"], [1])
        except ReplyXlError:
            return
        book.save()
        assert out.read_bytes() == path.read_bytes()
        sheet.write(reading, layout, {row.number: {"Reply status": "=1"} for row in reading.chosen}, {})
        book.save()
    written = table(out, encoding="utf-8")
    assert all(len(written[row.number - 1]) > 2 and written[row.number - 1][2] == "'=1" for row in reading.chosen)


# -- the workbook


def test_where_results_go() -> None:
    """Into a workbook itself; from a CSV file into a file beside it, and on in that one."""
    assert checked_out(None, Path("a/book.xlsx")) is None
    assert checked_out(None, Path("a/leads.csv")) == Path("a/leads.results.csv")
    assert checked_out(None, Path("a/leads.results.csv")) is None
    assert checked_out(Path("b.CSV"), Path("a/leads.csv")) == Path("b.CSV")
    with pytest.raises(WorkbookError, match="--out"):
        checked_out(Path("b.xlsx"), Path("a/leads.csv"))


def test_a_sheet_of_a_csv_file_is_like_any_other(leads: Leads) -> None:
    """The same `Sheet` over the same engine: cells are text or blank, ragged rows are as wide as the widest."""
    with Workbook(leads("Email,Title\na@x.de\nb@x.de,,more\n")) as book:
        sheet = book.sheet()
        assert isinstance(sheet, Sheet)
        reading = sheet.read()
        assert reading.headers == ("Email", "Title")
        assert [tuple(row.cells) for row in reading.rows] == [("a@x.de", None, None), ("b@x.de", None, "more")]
        with pytest.raises(SheetError, match="leads"):
            book.sheet("Sheet1")


def test_names_that_no_sheet_can_have(leads: Leads) -> None:
    """A long name, or one with brackets, makes no difference."""
    for name in ("x" * 60 + ".csv", "a[1]=b'.csv", "'.csv", "лиды.csv"):
        with Workbook(leads("Email\na@x.de\n", name)) as book:
            assert len(book.sheet().read().rows) == 1


def test_a_large_file(tmp_path: Path) -> None:
    """100,000 rows are read and saved, every byte of theirs kept."""
    path, out = tmp_path / "large.csv", tmp_path / "out.csv"
    path.write_text("Email,Title\n" + "".join(f"p{index}@example.com,CTO\n" for index in range(100_000)))
    with Workbook(path, out) as book:
        assert len(book.sheet().read().rows) == 100_000
        book.save()
    assert out.read_bytes() == path.read_bytes()


def test_more_rows_than_a_sheet(tmp_path: Path) -> None:
    """A file longer than a sheet is refused with a sentence."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"\n" * 1_048_577)
    with pytest.raises(WorkbookError, match="1,048,576"):
        Workbook(path)


def test_an_empty_file_says_so(leads: Leads) -> None:
    """As an empty sheet does."""
    with Workbook(leads(b"")) as book, pytest.raises(HeaderError, match="empty"):
        book.sheet().read()
