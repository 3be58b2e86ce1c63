"""The numbers of `pull --new`: 50,000 contacts at 20 ms latency with the quota off, and its peak memory.

    python tests/benchmarks/pull.py            everything (about a minute)
    python tests/benchmarks/pull.py writers    the same rows through other ways of writing a workbook, for comparison

The server runs in a process of its own. "The requests' own time" is that of the same pages, fetched and read into contacts with the same
client, nothing written; it and the download take turns, and the ratio is that of the medians.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from reply_xl.download import OVERLAP, PAGE, Downloaded, Wanted, download, spool_of
from reply_xl.fields import value_of
from reply_xl.history.records import Records
from reply_xl.kinds.values import format
from reply_xl.model import Contact
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.template import SHEET, download_columns

FIRST = 2_147_000_001
CONTACTS = 50_000
ROUNDS = 7


def contacts() -> Iterator[dict[str, Any]]:
    """As filled as those of a sales team: 20 fields of most, some notes, two custom fields of every other."""
    for index in range(CONTACTS):
        yield {
            "id": FIRST + index,
            "email": f"person.{index}@example{index % 700}.com",
            "firstName": f"First{index % 1000}",
            "lastName": f"Lastname{index % 7000}",
            "title": ("Head of Sales", "Marketing Manager", "VP Operations", "CTO")[index % 4],
            "company": f"Company {index % 5000} & Sons",
            "companySize": ("Fifty", "TwoHundred", "OneThousand", "Empty")[index % 4],
            "industry": "Software & Technology",
            "city": ("San Francisco", "London", "Łódź", "東京")[index % 4],
            "state": "CA",
            "country": "United States",
            "timeZoneId": ("America/Los_Angeles", "Europe/London")[index % 2],
            "notes": f"Met at the autumn fair.\nAsked for a quote {index}." if index % 3 == 0 else None,
            "phone": f"+1-415-555-{index % 10000:04d}",
            "linkedInUrl": f"https://www.linkedin.com/in/person-{index}",
            "callStatus": ("none", "toCall")[index % 2],
            "isOptedOut": index % 13 == 7,
            "accountId": 88001 if index % 4 == 0 else None,
            "addingDate": f"2026-{1 + index % 9:02d}-{1 + index % 28:02d}T{8 + index % 10:02d}:{index % 60:02d}:{index % 59:02d}+00:00",
            "customFields": {"Lead Source": "Conference", "Budget": str(5000 + index)} if index % 2 == 0 else {"Persona": "Champion"},
            "lists": [9001] if index % 3 == 0 else [],
        }


class Server:
    """`reply-xl sandbox` in a process of its own."""

    def __init__(self, latency: float) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(list(contacts()), file)
        self._file = file.name
        command = [sys.executable, "-m", "reply_xl", "sandbox", "--port", "0", "--quota", "off", "--contacts", self._file]
        self._process = subprocess.Popen([*command, "--latency", str(latency)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split(" on ")[1].split(";")[0]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        Path(self._file).unlink()


def pages(client: Client) -> Iterator[tuple[Contact, ...]]:
    """The pages that a download reads."""
    skip = 0
    while True:
        page = client.page(PAGE, skip)
        yield page.contacts
        if not page.has_more:
            return
        skip += PAGE - OVERLAP


def seconds(action: Any) -> float:
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def pulled(client: Client, folder: Path) -> Downloaded:
    target = folder / "leads.xlsx"
    target.unlink(missing_ok=True)
    with Records(folder) as records:
        bases = records.new_bases("benchmark", str(spool_of(target)), SHEET)
        result = download(client, Wanted(), target, place="benchmark", bases=bases)
    assert (result.contacts, result.certain) == (CONTACTS, True)
    return result


def report(name: str, figure: float, limit: str, met: bool) -> None:
    print(f"{name:<58} {figure:6.2f}   limit {limit:<8} {'met' if met else 'MISSED'}", flush=True)


def measure(server: Server, folder: Path) -> None:
    client = Client(server.url, "key", WindowPace(()))
    requests, ours = [], []
    for _ in range(ROUNDS):
        requests.append(seconds(lambda: sum(len(page) for page in pages(client))))
        ours.append(seconds(lambda: pulled(client, folder)))
    ratio = median(ours) / median(requests)
    report(f"pull --new of {CONTACTS:,} contacts / the requests' own time", ratio, "<= 1.2", ratio <= 1.2)
    print(
        f"  {median(ours):.1f} s against {median(requests):.1f} s, the quickest {min(ours):.1f} against {min(requests):.1f}; {(folder / 'leads.xlsx').stat().st_size / 1e6:.1f} MB"
    )
    peak = int(subprocess.run([sys.executable, __file__, "peak", server.url, folder], check=True, capture_output=True).stdout) / 1e6
    report("peak memory of its process, MB", peak, "<= 150", peak <= 150)


def peak(url: str, folder: Path) -> None:
    """In a process of its own: peak memory of one download, in bytes."""
    import resource

    pulled(Client(url, "key", WindowPace(())), folder)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def writers(server: Server, folder: Path) -> None:
    """Why the rows are written by our own generator: CPU time of the writing alone, of 5,000 contacts."""
    import openpyxl
    import xlsxwriter

    from reply_xl.kinds.literal import Lines
    from reply_xl.spool import Spool, mark

    client = Client(server.url, "key", WindowPace(()))
    some = [contact for page, _ in zip(pages(client), range(5), strict=False) for contact in page]
    columns = download_columns(client.custom_fields())
    targets = [column.target for column in columns]

    def cells(contact: Contact) -> list[Any]:
        return [None if target is None else format(value_of(contact, target), target) for target in targets]

    def ours() -> None:
        with Spool(folder / "spool", mark(), b"") as spool:
            spool.add({}, Lines(columns).xml(some, 2)[0])

    def with_xlsxwriter() -> None:
        book = xlsxwriter.Workbook(
            str(folder / "w.xlsx"), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        sheet = book.add_worksheet()
        for number, contact in enumerate(some):
            sheet.write_row(number, 0, cells(contact))
        book.close()

    def with_openpyxl() -> None:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for contact in some:
            sheet.append(cells(contact))
        book.save(folder / "o.xlsx")

    own = seconds(ours)
    for name, action in (("XlsxWriter, constant_memory", with_xlsxwriter), ("openpyxl, write-only", with_openpyxl)):
        print(f"{name:<58} {seconds(action) / own:6.2f} × our own rows ({own / len(some) * 1e6:.0f} µs a contact)", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        peak(sys.argv[2], Path(sys.argv[3]))
    else:
        server = Server(0.02)
        try:
            with tempfile.TemporaryDirectory() as name:
                (writers if sys.argv[1:] == ["writers"] else measure)(server, Path(name))
        finally:
            server.stop()
