"""What an entry in the Start menu runs: a command of the command line, whose window stays open until it has been read."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from reply_xl import cli
from reply_xl.live_commands import Desk


def main(argv: Sequence[str] | None = None, desk: Desk | None = None) -> int:
    """The exit code of the command."""
    try:
        code = cli.main(argv, desk)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    with contextlib.suppress(EOFError, OSError, ValueError, KeyboardInterrupt):
        input("\nPress Enter to close this window. ")
    return code


if __name__ == "__main__":
    sys.exit(main())
