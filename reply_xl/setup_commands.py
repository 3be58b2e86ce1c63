"""The commands that put reply-xl into Excel and take it away."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reply_xl.commands import COULD_NOT_RUN, FINE, NEEDS_ATTENTION
from reply_xl.errors import ConfigError

if TYPE_CHECKING:
    from reply_xl.doctor.findings import Finding
    from reply_xl.doctor.live_try import Result
    from reply_xl.setup.computers import Computer


def install(arguments: argparse.Namespace) -> int:
    from reply_xl.setup.install import install
    from reply_xl.setup.signed_files import chosen_files

    computer = _computer(arguments)
    _say_rehearsal(arguments.prefix)
    files = chosen_files(computer, arguments.xlam or (), with_functions=arguments.functions)
    for note in files.notes:
        print(note)
    report = install(computer, files.addin, agent=arguments.agent, functions=files.functions, rehearses=arguments.prefix is not None)
    print("\n".join([*report.done, *report.next]))
    return FINE if report.is_whole else COULD_NOT_RUN


def uninstall(arguments: argparse.Namespace) -> int:
    from reply_xl import config
    from reply_xl.console import Progress
    from reply_xl.face import Question
    from reply_xl.network.base_urls import REPLY_URL
    from reply_xl.setup.computers import System, this_computer
    from reply_xl.setup.install import remove_empty_folders, uninstall
    from reply_xl.setup.places import places
    from reply_xl.terminal import Terminal

    computer = this_computer() if arguments.prefix is None else _computer(arguments)
    if computer.system is System.OTHER and arguments.prefix is None and not arguments.everything:
        data = places(computer).data
        left = f"Your records are in {data}; " if data.exists() else "There are no records of runs; "
        what = "deletes them and the key" if data.exists() else "deletes the key"
        print(f"Nothing is installed in Excel here. {left}“reply-xl uninstall --everything” {what}.")
        return FINE
    _say_rehearsal(arguments.prefix)
    if arguments.everything:
        what = "The records of all updates, what your sheets were based on, and the API key will be deleted; no update can be undone after that."
        if arguments.prefix is not None:
            what = f"Everything that the rehearsal keeps in {arguments.prefix} will be deleted."
        Terminal(Progress()).agree(Question(what, "Delete them?", "add --yes", arguments.yes))
    report = uninstall(computer, everything=arguments.everything, rehearses=arguments.prefix is not None)
    if arguments.everything and arguments.prefix is None and config.forget_key(REPLY_URL):
        report.done.append("The API key is removed from the keychain.")
    if arguments.prefix is not None:
        remove_empty_folders(computer)
    print("\n".join([*report.done, *report.next]))
    return FINE if report.is_whole else COULD_NOT_RUN


def _computer(arguments: argparse.Namespace) -> Computer:
    """The one that `--prefix` names. Raises `ConfigError` where there is none, and where the rehearsal would be in the user's own folders."""
    from reply_xl.setup.computers import named_computer, this_computer
    from reply_xl.setup.places import touches

    computer = named_computer(arguments.prefix, arguments.system)
    if computer.is_rehearsal and touches(computer, this_computer()):
        raise ConfigError(f"{arguments.prefix} holds your own Excel or records; name a new folder with --prefix.")
    return computer


def _say_rehearsal(prefix: Path | None) -> None:
    if prefix is not None:
        print(f"Rehearsal in {prefix}: your own Excel, records and key are not touched.", flush=True)


def agent(_: argparse.Namespace) -> int:
    import sys

    from reply_xl import agent
    from reply_xl.setup.computers import System, this_computer

    if this_computer().system is System.OTHER:
        raise ConfigError("There is no Excel for this system, so no click can come; use “reply-xl push BOOK” here.")
    if sys.stdout and sys.stdout.isatty():
        print("Waiting for clicks in Excel; Ctrl-C stops it.", flush=True)
    return agent.main()


def doctor(arguments: argparse.Namespace) -> int:
    """Exit code 1 where something is at fault or a step failed, 3 where something needs attention only or a step was not run."""
    import dataclasses
    import json

    from reply_xl.doctor.examination import examine, lines, summary
    from reply_xl.doctor.findings import State
    from reply_xl.setup.computers import this_computer

    is_rehearsal = arguments.prefix is not None
    if arguments.live and (is_rehearsal or arguments.json):
        raise ConfigError("--live starts the Excel of this computer and writes a report; leave --prefix and --json out.")
    computer = _computer(arguments) if is_rehearsal else this_computer()
    findings = []
    for finding in examine(computer, with_network=not (arguments.offline or is_rehearsal), base_url=arguments.base_url):
        findings.append(finding)
        if not arguments.json:
            print("\n".join(lines(finding)), flush=True)
    print(json.dumps([dataclasses.asdict(one) for one in findings]) if arguments.json else summary(findings))
    states = {one.state for one in findings}
    code = COULD_NOT_RUN if State.FAULT in states else NEEDS_ATTENTION if State.WARNING in states else FINE
    return live_code(code, _try_in_excel(computer, findings, arguments.report)) if arguments.live else code


def live_code(code: int, results: Sequence[Result]) -> int:
    """The exit code after the steps, `code` being that of the findings: nothing that is wrong is outweighed by what went well."""
    verdicts = {one.verdict for one in results}
    if "FAIL" in verdicts or code == COULD_NOT_RUN:
        return COULD_NOT_RUN
    return NEEDS_ATTENTION if "NOT RUN" in verdicts else code


def _try_in_excel(computer: Computer, findings: Sequence[Finding], file: Path) -> list[Result]:
    import sys

    from reply_xl.doctor import live
    from reply_xl.this_excel import this_engine

    def say(line: str) -> None:
        print(line, flush=True)

    is_somebody_there = bool(sys.stdin and sys.stdin.isatty())
    return live.try_in_excel(computer, findings, file, say, this_engine, ask_person=say if is_somebody_there else None)
