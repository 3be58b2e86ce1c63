"""`python -m reply_xl` is the command `reply-xl`."""

import sys

from reply_xl.cli import main

if __name__ == "__main__":
    sys.exit(main())
