"""Putting a workbook's bytes on disk: all of them or none.

The bytes go to a new file in the same folder, reach the disk, and then take the place of the old file in one step. Whatever fails before
that step leaves the old file as it was and no new one behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.open import Stamp


def refuse_unless_savable(path: Path, opened: Stamp | None) -> None:
    """Raise the sentence why `path` cannot be saved now; `opened` is the stamp of the file this book was read from, if it was from there.

    A temporary file is made and removed, because permission on a folder cannot be known otherwise (network shares, access lists).
    """
    target = _target(path)
    _check(target, opened)
    handle, temporary = _create(target)
    os.close(handle)  # first: Windows removes no file that is open
    _remove(temporary)


def save_bytes(path: Path, data: bytes, opened: Stamp | None) -> Stamp:
    """Write `data` to `path` and return the stamp of the new file."""
    target = _target(path)
    old = _check(target, opened)
    handle, temporary = _create(target)
    try:
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if old is not None:
                    _keep_owner_and_mode(file.fileno(), temporary, old)
                os.fsync(file.fileno())
            _check(target, opened)
            stamp = Stamp.of(temporary.stat())
            temporary.replace(target)
        except BaseException:
            _remove(temporary)
            raise
    except OSError as error:
        raise WorkbookError(_sentence(target, error)) from error
    _sync_folder(target.parent)
    with contextlib.suppress(OSError):
        stamp = Stamp.of(target.stat())
    return stamp


def _target(path: Path) -> Path:
    """Where the bytes belong: a symbolic link stays, the file it points to is replaced."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{path.name} cannot be saved: its name cannot be used here.") from error


def _check(target: Path, opened: Stamp | None) -> os.stat_result | None:
    name = target.name
    try:
        status = target.stat()
    except FileNotFoundError:
        status = None
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{name} cannot be saved: {getattr(error, 'strerror', None) or error}.") from error
    for lock, program in ((f"~${name}", "Excel"), (f".~lock.{name}#", "LibreOffice")):
        if (target.parent / lock).exists():
            raise WorkbookError(
                f"{name} is open in {program}: close it there and run this again (if nobody has it open, delete the file {lock} beside it)."
            )
    if status is None:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise WorkbookError(f"{name} cannot be saved: there is a folder or a device of that name.")
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise WorkbookError(f"{name} is read-only: make it writable, or save to another file.")
    if opened is not None and Stamp.of(status) != opened:
        raise WorkbookError(f"{name} was changed by another program after it was opened here; it was not overwritten. Run this again.")
    return status


def _create(target: Path) -> tuple[int, Path]:
    for _ in range(20):
        temporary = target.parent / f".{target.name[:80]}.{secrets.token_hex(6)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.open(temporary, flags, 0o666), temporary
        except FileExistsError:
            continue
        except OSError as error:
            raise WorkbookError(_sentence(target, error)) from error
    raise WorkbookError(f"{target.name} cannot be saved: no temporary file can be made beside it.")


def _keep_owner_and_mode(handle: int, temporary: Path, old: os.stat_result) -> None:
    mine = os.fstat(handle)
    if hasattr(os, "fchown") and (mine.st_uid, mine.st_gid) != (old.st_uid, old.st_gid):
        with contextlib.suppress(OSError):
            os.fchown(handle, old.st_uid, old.st_gid)
    with contextlib.suppress(OSError):
        temporary.chmod(stat.S_IMODE(old.st_mode))


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last; only POSIX can, and some file systems refuse."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sentence(target: Path, error: OSError) -> str:
    name = target.name
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):
        return f"{name} cannot be saved: the disk is full. The file is as it was."
    if error.errno == errno.EROFS:
        return f"{name} cannot be saved: its disk is read-only."
    if error.errno == errno.ENOENT:
        return f"{name} cannot be saved: its folder does not exist."
    if isinstance(error, PermissionError):
        if target.exists() and getattr(error, "winerror", None) in (5, 32, 33):
            return f"{name} is open in another program: close it there and run this again. The file is as it was."
        return f"{name} cannot be saved: you may not write to its folder, or another program holds it. The file is as it was."
    return f"{name} cannot be saved: {error.strerror or error}. The file is as it was."
