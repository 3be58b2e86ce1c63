"""Whoever clicks a button is never told to type an option, and whoever works with `--live` none that goes with a file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import reply_xl
from reply_xl.cli import main
from reply_xl.tab.in_excel import in_excel
from reply_xl.tab.in_live import in_live

ROOT = Path(reply_xl.__file__).parent
NOT_FOR_THE_RIBBON = {
    *(
        "cli",
        "commands",
        "run_commands",
        "setup_commands",
        "demo",
        "terminal",
        "console",
        "run_views",
        "install",
        "signed_files",
        "examination",
        "pull_new",
    ),
    *(
        "computers",
        "policies",
        "python_checks",
        "excel_checks",
        "record_checks",
        "network_checks",
        "addin_checks",
        "applescript",
        "shortcut",
    ),
    *("click_checks", "functions_files"),
    *("template", "workbook", "in_excel", "in_live", "inquiries", "live", "live_report", "live_commands", "startable", "launcher", "agent"),
}
"""Modules that speak to a terminal alone, or write what is no sentence."""
OPTIONS_OF_QUESTIONS = {
    "add --yes",
    "add --yes, or agree once with “reply-xl columns BOOK --agree”",
    "add --overwrite to replace them, or --only-empty to leave them",
    '--list "#12"',
    " --base-url 12",
}
"""How to agree where nobody is there to answer, which a box never shows; parts of sentences about options."""


def _sentences() -> list[tuple[str, str]]:
    """Every text of the package that names an option, by module; what is filled in stands as `12`."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        if path.stem in NOT_FOR_THE_RIBBON or path.parent.name in ("engine", "sandbox", "xlsx"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            text = None
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "12" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes | inside:
                text = node.value
            if (
                text
                and "press Update on this sheet or run" not in text
                and re.search(r"(^|[ (“])--[a-z]", text)
                and text not in OPTIONS_OF_QUESTIONS
            ):
                found.append((path.stem, text))
    return found


SENTENCES = _sentences()


def test_there_are_such_sentences() -> None:
    assert len(SENTENCES) > 15


@pytest.mark.parametrize(("module", "sentence"), SENTENCES)
def test_no_option_is_left(module: str, sentence: str) -> None:
    """Each sentence that names an option has words for the tab; a new one fails here until it has them."""
    said = in_excel(sentence.replace("(--allow 12)", "(--allow email)"))
    assert not re.search(r"(^|[ (“])--[a-z]", said), f"{module}: {said}"


def test_other_sentences_stay() -> None:
    """What names no option is said as it is."""
    for sentence in ("Updated Title.", "Run “reply-xl doctor”.", "2--3 people"):
        assert in_excel(sentence) == sentence


@pytest.mark.parametrize("sentence", sorted({sentence for _, sentence in SENTENCES} | OPTIONS_OF_QUESTIONS))
def test_what_live_is_told_goes_with_live(sentence: str) -> None:
    """No sentence names a file or a sheet by an option, or BOOK; a command that it names takes `--live`."""
    said = in_live(sentence)
    assert not re.search(r"--book|--sheet|\bBOOK\b", said), said
    assert "--live" not in said or "reply-xl" in said


@pytest.mark.parametrize("command", ["columns", "preview", "pull", "push", "retry", "undo"])
def test_the_commands_that_are_named_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`reply-xl COMMAND --live`, as the sentences name it, is a command."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--live", "--help"])
    assert ended.value.code == 0
    assert "--live" in capsys.readouterr().out
