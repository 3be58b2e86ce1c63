"""What waits until Excel lets go of an older add-in: `python -m reply_xl.placing`, started by `install`, and once more at the next logon.

Windows knows this name from then on, whatever becomes of the package meanwhile: so it stays.
"""

from __future__ import annotations

from reply_xl.setup.computers import this_computer
from reply_xl.setup.placing import place_staged

if __name__ == "__main__":
    place_staged(this_computer())
