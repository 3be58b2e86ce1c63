"""A copy of the add-in that IT signed is taken only if it is our add-in; reading its macros survives any bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.errors import ConfigError
from reply_xl.setup.addin_file import our_addin, signed_copy
from reply_xl.setup.vba import modules

pytest.importorskip("pyopenvba", reason="the writer of macros comes with the extra “test”")
RELATIONS = "xl/_rels/workbook.xml.rels"
PROJECT, RIBBON, SIGNATURE = "xl/vbaProject.bin", "customUI/customUI14.xml", "xl/vbaProjectSignatureAgile.bin"


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(file: Path, contents: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in contents.items():
            package.writestr(name, data)
    return file


def project(folder: Path, texts: Mapping[str, str]) -> bytes:
    """A VBA project with these modules, written anew as an editor would."""
    from pyopenvba import ExcelFile

    book = ExcelFile.create_new(folder / "scratch.xlam")
    for name, text in texts.items():
        book.vba_project().add_module(name, text)
    book.vba_project().delete_module("Module1")
    book.save()
    return parts((folder / "scratch.xlam").read_bytes())[PROJECT]


def ours() -> dict[str, str]:
    """Our modules with lines as VBA ends them."""
    texts = modules(parts(our_addin())[PROJECT])
    return {name: text.replace("\n", "\r\n") for name, text in texts.items() if name.startswith("Reply")}


def test_the_macros_are_read_as_they_were_written() -> None:
    """Every module, byte for byte the text beside the add-in's sources, the version filled in."""
    for name, text in ours().items():
        source = (Path(__file__).parents[1] / "addin" / f"{name}.bas").read_text(encoding="ascii")
        assert '"@version@"' in source or text.replace("\r\n", "\n") == source
    assert len(ours()) == 3


def test_what_oletools_reads() -> None:
    """The same texts as a reader of others."""
    olevba = pytest.importorskip("oletools.olevba")
    parser = olevba.VBA_Parser("ReplyXL.xlam", data=our_addin())
    try:
        theirs = {Path(name).stem: text for _, _, name, text in parser.extract_macros()}
    finally:
        parser.close()
    for name, text in modules(parts(our_addin())[PROJECT]).items():
        assert theirs[name].replace("\r\n", "\n").strip() == text.strip()


def test_a_signed_copy_is_taken(tmp_path: Path) -> None:
    """With another compression, the signature, other properties and blanks and capitals as the editor changes them."""
    texts = {name: text.replace("Dim ", "dim  ").replace("As String", "as string") for name, text in ours().items()}
    contents = {**parts(our_addin()), PROJECT: project(tmp_path, texts), SIGNATURE: b"x", "docProps/core.xml": b"<theirs/>"}
    file = packed(tmp_path / "Signed.xlam", contents)
    assert signed_copy(file, our_addin()) == (file.read_bytes(), True)


def test_an_unsigned_copy_is_told_apart(tmp_path: Path) -> None:
    """It is ours all the same."""
    file = packed(tmp_path / "Unsigned.xlam", parts(our_addin()))
    assert signed_copy(file, our_addin()) == (file.read_bytes(), False)


Change = Callable[[dict[str, bytes], dict[str, str]], None]


def _in_module(old: str, new: str) -> Change:
    def change(_: dict[str, bytes], texts: dict[str, str]) -> None:
        (name,) = [name for name, text in texts.items() if old in text]
        texts[name] = texts[name].replace(old, new)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _in_module('Open UserFolder() & "launcher.txt"', 'Open ThisWorkbook.Path & "launcher.txt"'),
        _in_module('"ReplyXL.scpt"', '"replyxl.scpt"'),
        _in_module('Setting("python")', 'Setting("pytho n")'),
        lambda _, texts: texts.update(Extra='Attribute VB_Name = "Extra"\r\nSub Auto_Open()\r\nEnd Sub\r\n'),
        lambda _, texts: texts.pop("ReplyStart"),
        lambda contents, _: contents.update({RIBBON: contents[RIBBON].replace(b"ReplyClicked", b"OtherClicked")}),
        lambda contents, _: contents.update({"customUI/customUI.xml": b"<customUI/>"}),
        lambda contents, _: contents.update({"xl/macrosheets/sheet1.xml": b"<x/>"}),
        lambda contents, _: contents.pop(RIBBON),
        lambda contents, _: contents.update({RELATIONS: contents[RELATIONS].replace(b'"vbaProject.bin"', b'"other.bin"')}),
        lambda contents, _: contents.update({"_rels/.rels": contents["_rels/.rels"].replace(b"customUI/customUI14", b"other/ribbon")}),
        lambda contents, _: contents.update(
            {RELATIONS: contents[RELATIONS].replace(b"<Relationship ", b'<Relationship Id="x" Type="a/xlMacrosheet" Target="a.xml"/><Relationship ', 1)}
        ),
    ],
)  # fmt: skip
def test_another_add_in_is_refused(tmp_path: Path, change: Change) -> None:
    """Other macros, one more or fewer, other buttons; and a file that keeps ours for show, and tells Excel to take those of another part."""
    contents, texts = parts(our_addin()), ours()
    change(contents, texts)
    contents[PROJECT] = project(tmp_path, texts)
    with pytest.raises(ConfigError, match="other macros or buttons"):
        signed_copy(packed(tmp_path / "Other.xlam", contents), our_addin())


def test_another_version_is_named(tmp_path: Path) -> None:
    """IT signed the file of the last version."""
    texts = ours()
    texts["ReplyClick"] = texts["ReplyClick"].replace('ADDIN_VERSION = "', 'ADDIN_VERSION = "0.0.')
    contents = {**parts(our_addin()), PROJECT: project(tmp_path, texts)}
    with pytest.raises(ConfigError, match=r"Old\.xlam is version 0\.0\.\S+ of the add-in, and reply-xl is"):
        signed_copy(packed(tmp_path / "Old.xlam", contents), our_addin())


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04 nearly"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, data: bytes) -> None:
    """One sentence, whatever it is."""
    (tmp_path / "x.xlam").write_bytes(data)
    with pytest.raises(ConfigError, match="is not the Excel add-in of reply-xl"):
        signed_copy(tmp_path / "x.xlam", our_addin())
    with pytest.raises(ConfigError, match="cannot be read"):
        signed_copy(tmp_path / "gone.xlam", our_addin())


@settings(max_examples=300, deadline=1000)
@given(st.data())
def test_damage_never_does_more_than_a_value_error(data: st.DataObject) -> None:
    """Bytes of a real project changed anywhere, or cut: it is read or refused, and quickly."""
    raw = bytearray(parts(our_addin())[PROJECT])
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))
    try:
        found = modules(bytes(raw[:cut]))
    except ValueError:
        return
    assert sum(map(len, found.values())) < 20_000_000


@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    """No compound file at all, or only its beginning."""
    for given_bytes in (data, bytes.fromhex("d0cf11e0a1b11ae1") + data):
        with pytest.raises(ValueError):
            modules(given_bytes)
