"""The README and the pages in docs/ say what the program does, and the changelog names its version."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from render_readme import PAGES, README, demo, parts, rendered, story

import reply_xl

ROOT = README.parent
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
TEXT = TEXTS["README.md"]
COMMANDS = TEXTS["docs/commands.md"]


def anchors(text: str) -> set[str]:
    """The names that the headings of a page have in links."""
    return {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)}


def test_the_sessions_and_the_tables_are_what_the_program_prints(tmp_path: Path) -> None:
    """The sessions are what the commands print, and the tables of fields and outcomes are the program's own; each stands on one page."""
    known = parts(demo(tmp_path), story(tmp_path))
    for name, text in TEXTS.items():
        assert rendered(text, known) == text, f"{name}: run python tests/render_readme.py"
    for part in known:
        assert sum(text.count(f"<!-- end {part} -->") for text in TEXTS.values()) == 1, part


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    """To a file of the project, and to a heading that is there; every page in docs/ is named by the README and leads back."""
    for link in re.findall(r"\]\(([^)]+)\)", TEXTS[name]):
        file, _, heading = link.partition("#")
        page = ((ROOT / name).parent / file).resolve() if file else ROOT / name
        assert page.is_file(), link
        assert not heading or heading in anchors(page.read_text(encoding="utf-8")), link
    assert name == "README.md" or (f"]({name})" in TEXT and "](../README.md)" in TEXTS[name])


def test_the_way_to_the_first_update_needs_no_word_from_programming() -> None:
    """In its prose, apart from what stands on buttons, in menus and in what is pasted."""
    way = TEXT[TEXT.index("\n## Install in Excel") : TEXT.index("### When something is in the way")]
    prose = re.sub(r"```.*?```|<!--.*?-->|`[^`]*`|\*[^*]+\*|\]\([^)]*\)", " ", way.replace("**", ""), flags=re.DOTALL)
    unknown = "api cli clone command console directory environment executable journal json macro module package path process prompt proxy repository run "
    unknown += "sandbox script server shell terminal url variable venv xlsx xlwings"
    used = {word.casefold() for word in re.findall(r"[A-Za-z]+", prose)}
    assert not used & set(unknown.split())


def test_the_tests_that_the_pages_name_are_there() -> None:
    """In the comments of any page, also outside of the page on trouble."""
    named = {name for text in TEXTS.values() for comment in re.findall(r"<!--(.*?)-->", text, re.DOTALL) for name in comment.split()}
    named = {name for name in named if "::" in name}
    assert len(named) > 30
    for name in named:
        module, _, test = name.partition("::")
        source = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def {test}\(", source, flags=re.MULTILINE), name


def test_the_readme_is_short() -> None:
    """What not everybody needs stands on a page of its own, and the way from nothing to the first update comes first."""
    unfolded = re.sub(r"<details>.*?</details>", "", TEXT, flags=re.DOTALL)
    assert len(unfolded.splitlines()) <= 250
    headings = re.findall(r"^## (.*)$", TEXT, flags=re.MULTILINE)
    assert headings[0] == "Install in Excel"
    assert TEXT.index("### On Windows") < TEXT.index("### On a Mac") < TEXT.index("### Your first update")
    assert TEXT[: TEXT.index("### Your first update")].count("\n") < 100


def test_the_pages_are_in_the_source_distribution() -> None:
    """The folder is named there, as everything else that the README shows."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert "docs" in build["targets"]["sdist"]["include"]


def test_every_command_and_option_is_described() -> None:
    """The commands and the options of `push` on their page are those of the program."""

    def help_of(*words: str) -> str:
        return subprocess.run([sys.executable, "-m", "reply_xl", *words, "--help"], capture_output=True, text=True, check=True).stdout

    commands = set(re.findall(r"^    ([a-z]+)(?: |$)", help_of(), flags=re.MULTILINE))
    assert commands == set(re.findall(r"`reply-xl ([a-z]+)", COMMANDS.split("## Commands")[1].split("| option |")[0]))
    for command, heading in (("push", "| option |"), ("sandbox", "| option of `sandbox` |")):
        options = set(re.findall(r"(--[a-z-]+)", help_of(command))) - {"--help"}
        table = COMMANDS.split(heading)[1].split("\n\n")[0]
        assert options == set(re.findall(r"`(--[a-z-]+)", table))
    for option in re.findall(r"(--[a-z-]+)", help_of("pull")):
        assert option == "--help" or option in COMMANDS


def test_every_dependency_has_its_reason() -> None:
    """Each dependency of the package has a line, and each such line is a dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[~><=;\s]", line)[0] for line in project["dependencies"]}
    table = TEXTS["docs/developers.md"].split("| needs |")[1].split("\n\n")[0]
    assert needed == set(re.findall(r"^\| ([a-z0-9]+) \|", table, flags=re.MULTILINE))


def test_the_changelog_begins_with_this_version() -> None:
    """The newest entry of the changelog is the version of the package."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == reply_xl.__version__


def test_the_picture_is_there() -> None:
    """Every picture that the README shows exists."""
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT):
        assert (ROOT / name).stat().st_size > 1000


def test_every_paragraph_on_trouble_names_its_tests() -> None:
    """Each paragraph of “When something goes wrong” ends with a comment that names the tests which prove it."""
    page = TEXTS["docs/trouble.md"].rpartition("\n[Back")[0]
    paragraphs = [part for part in page.split("\n\n") if part.strip() and not part.startswith("#")]
    assert len(paragraphs) > 10
    for paragraph in paragraphs:
        proof = re.search(r"<!-- ([\w:\s]+) -->$", paragraph.strip())
        assert proof is not None, paragraph
        assert all("::" in name for name in proof[1].split()), paragraph


def test_the_drawing_of_the_ribbon() -> None:
    """It is what the add-in's XML says now."""
    from render_ribbon import PICTURE, draw

    assert PICTURE.read_text(encoding="utf-8") == draw()
