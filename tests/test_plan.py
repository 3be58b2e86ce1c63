"""What a plan takes from the contacts as a whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import FIRST_ID, KEY

from reply_xl.history.last_sent import Forgetful
from reply_xl.mapping.columns import map_columns
from reply_xl.model import Row
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.patches import Policy
from reply_xl.plan import planning
from reply_xl.sandbox import Sandbox


@pytest.mark.parametrize(
    ("stored", "typed", "sent"),
    [
        ("W. Europe Standard Time", "Europe/Paris", "Romance Standard Time"),
        ("Europe/Berlin", "Romance Standard Time", "Europe/Paris"),
        (None, "Europe/Paris", "Europe/Paris"),
    ],
)
def test_a_time_zone_is_sent_as_the_workspace_names_them(
    make_sandbox: Callable[..., Sandbox], stored: str | None, typed: str, sent: str
) -> None:
    """Names of IANA and of Windows are both seen in Reply: other contacts show which one is used."""
    sandbox = make_sandbox(
        [{"id": FIRST_ID + n, "email": f"p{n}@example.com", "firstName": "P", "timeZoneId": stored if n else None} for n in range(3)]
    )
    client = Client(sandbox.url, KEY, WindowPace(()))
    columns = map_columns(("Reply ID", "Time zone"), customs=())
    rows = [Row(2 + n, (float(FIRST_ID + n), typed if n == 0 else None)) for n in range(3)]
    plan = planning(rows, columns, client, Policy(), Forgetful())(Policy())
    client.close()
    assert [decision.patch.body for decision in plan.to_send if decision.patch] == [{"timeZoneId": sent}]
