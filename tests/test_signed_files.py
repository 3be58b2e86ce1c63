"""What `install` puts into Excel where IT signs: copies of either file, recognised by what is in them, and kept."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

import reply_xl
from reply_xl.errors import ConfigError
from reply_xl.setup.addin_file import our_addin
from reply_xl.setup.computers import Computer, System, rehearsal
from reply_xl.setup.functions_files import functions_files
from reply_xl.setup.install import install
from reply_xl.setup.places import places
from reply_xl.setup.signed_files import chosen_files

PACKAGE = Path(reply_xl.__file__).parent / "addin"
TAB, FUNCTIONS = "ReplyXL.xlam", "ReplyXLFunctions.xlam"


@pytest.fixture
def windows(tmp_path: Path) -> Computer:
    return rehearsal(tmp_path / "zoe", System.WINDOWS)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / "environment"
    folder.mkdir()
    for name in ("xlwings64-0.37.8.dll", "xlwings32-0.37.8.dll"):
        (folder / name).write_bytes(name.encode())
    return folder


def signed(file: Path, original: str) -> Path:
    shutil.copyfile(PACKAGE / original, file)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("xl/vbaProjectSignature.bin", f"signed as {file.name}".encode())
    return file


def of_another_version(file: Path, original: str) -> Path:
    """Signed, with one part that ours has not."""
    signed(file, original)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("customUI/customUI.xml", "<customUI/>")
    return file


def test_both_copies_are_recognised(windows: Computer, environment: Path, tmp_path: Path) -> None:
    """In any order and under any name; the copy of the functions asks for the functions."""
    tab, functions = signed(tmp_path / "b.xlam", TAB), signed(tmp_path / "a.xlam", FUNCTIONS)
    for copies in ((tab, functions), (functions, tab)):
        chosen = chosen_files(windows, copies, environment=environment)
        assert chosen.functions is not None
        assert (chosen.addin, chosen.functions.addin, chosen.notes) == (tab.read_bytes(), functions.read_bytes(), ())
        assert set(chosen.functions.libraries) == {"ReplyXLFunctions64.dll", "ReplyXLFunctions32.dll"}
    only = chosen_files(windows, [functions], environment=environment)
    assert only.addin == our_addin()
    assert chosen_files(windows, [tab], environment=environment).functions is None


def test_one_copy_of_each(windows: Computer, environment: Path, tmp_path: Path) -> None:
    """Which of two should be installed nobody knows."""
    copies = [signed(tmp_path / f"{name}.xlam", FUNCTIONS) for name in ("a", "b")]
    with pytest.raises(ConfigError, match=r"a\.xlam and b\.xlam are both copies of ReplyXLFunctions\.xlam; name one of them\."):
        chosen_files(windows, copies, environment=environment)


def test_another_copy_of_the_functions_is_refused(windows: Computer, environment: Path, tmp_path: Path) -> None:
    """The same checks as for the tab: a file with something added, and one that is damaged."""
    other = of_another_version(tmp_path / "Other.xlam", FUNCTIONS)
    with pytest.raises(ConfigError, match=r"Other\.xlam holds other macros .* sign the ReplyXLFunctions\.xlam of this version"):
        chosen_files(windows, [other], environment=environment)
    (tmp_path / "Cut.xlam").write_bytes(other.read_bytes()[:2000])
    with pytest.raises(ConfigError, match=r"Cut\.xlam is not the Excel add-in"):
        chosen_files(windows, [tmp_path / "Cut.xlam"], environment=environment)


def test_an_unsigned_copy_is_said_to_be_one(windows: Computer, environment: Path) -> None:
    """Of the functions as of the tab."""
    chosen = chosen_files(windows, [PACKAGE / FUNCTIONS], environment=environment)
    assert chosen.notes == ("ReplyXLFunctions.xlam has no signature; a computer that runs signed macros alone will not run it.",)


def test_a_signed_copy_stays(windows: Computer, environment: Path, tmp_path: Path) -> None:
    """`install` without --xlam, as the doctor often advises, does not put unsigned macros in the place of those that IT signed; nor does it where
    the signed one still waits for Excel to be closed."""
    tab, functions = signed(tmp_path / "t.xlam", TAB), signed(tmp_path / "f.xlam", FUNCTIONS)
    chosen = chosen_files(windows, [tab, functions], environment=environment)
    install(windows, chosen.addin, functions=chosen.functions)
    again = chosen_files(windows, [], environment=environment)
    assert (again.addin, again.functions) == (chosen.addin, chosen.functions)
    assert again.notes == (f"The copy of {TAB} that IT signed stays.", f"The copy of {FUNCTIONS} that IT signed stays.")
    at = places(windows)
    at.addin.replace(at.staged)
    at.addin.write_bytes(b"older")
    assert chosen_files(windows, [], environment=environment).addin == tab.read_bytes()
    other = signed(tmp_path / "newer.xlam", TAB)
    assert chosen_files(windows, [other], environment=environment).addin == other.read_bytes()


def test_a_signed_copy_of_another_version_goes_and_that_is_said(windows: Computer, tmp_path: Path) -> None:
    """It could not work with this reply-xl."""
    at = places(windows)
    at.startup.mkdir(parents=True)
    of_another_version(at.addin, TAB)
    chosen = chosen_files(windows, [])
    assert chosen.addin == our_addin()
    (note,) = chosen.notes
    assert note.startswith(f"The {TAB} that IT signed is of another version")
    at.addin.write_bytes(b"what is no workbook")
    assert chosen_files(windows, []).notes == ()


def test_the_command_takes_it_twice(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Functions are for Windows: elsewhere the copy is refused before anything is written; without it the signed tab is installed and stays."""
    tab, functions = signed(tmp_path / "t.xlam", TAB), signed(tmp_path / "f.xlam", FUNCTIONS)
    prefix = tmp_path / "p"
    ran = run("install", "--prefix", prefix, "--xlam", tab, "--xlam", functions)
    assert ran.code == 1
    assert "Functions in cells exist in Excel for Windows alone" in ran.err
    assert not prefix.exists()
    assert run("install", "--prefix", prefix, "--xlam", tab).code == 0
    ran = run("install", "--prefix", prefix)
    assert (ran.code, ran.err) == (0, "")
    assert f"The copy of {TAB} that IT signed stays." in ran.out
    assert next(prefix.rglob(TAB)).read_bytes() == tab.read_bytes()


def test_the_old_way_is_the_same(environment: Path) -> None:
    """Without copies and without anything installed the files are those of the package."""
    computer = rehearsal(environment / "nobody", System.WINDOWS)
    chosen = chosen_files(computer, [], with_functions=True, environment=environment)
    assert (chosen.addin, chosen.functions, chosen.notes) == (our_addin(), functions_files(environment), ())
