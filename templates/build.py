"""Writes `contacts.xlsx`, the workbook to start from: the program's own template with the first made-up contacts of its practice server.

    python templates/build.py

A test proves that the file is what this script writes: the same bytes on every machine.
"""

from __future__ import annotations

from pathlib import Path

from reply_xl.kinds.literal import cells_of
from reply_xl.mapping.columns import OURS, map_columns
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.sandbox import Sandbox
from reply_xl.template import HEADERS, build

FILE = Path(__file__).with_name("contacts.xlsx")
EXAMPLES = 6


def contacts_workbook() -> bytes:
    headers = (*HEADERS, *OURS)
    with Sandbox(quota="off") as sandbox:
        client = Client(sandbox.url, "practice", WindowPace(()))
        contacts = client.page(EXAMPLES, 0).contacts
        client.close()
    columns = map_columns(headers, customs=())
    return build(headers, [cells_of(contact, columns) for contact in contacts])


if __name__ == "__main__":
    FILE.write_bytes(contacts_workbook())
