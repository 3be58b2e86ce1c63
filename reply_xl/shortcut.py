"""What an entry in the Start menu runs: a command of the command line, whose window stays open until it has been read."""

from __future__ import annotations

import contextlib
import sys

from reply_xl import cli


def main() -> int:
    """The exit code of the command."""
    try:
        code = cli.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    with contextlib.suppress(EOFError, OSError, ValueError, KeyboardInterrupt):
        input("\nPress Enter to close this window. ")
    return code


if __name__ == "__main__":
    sys.exit(main())
