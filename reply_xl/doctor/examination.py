"""Looks whether everything that a click in Excel needs is as it should be, and says what to do where it is not.

Changes nothing. What it diagnoses is imported by the checks that need it: where it is broken, that is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from reply_xl import __version__
from reply_xl.doctor import click_checks, excel_checks, network_checks, policies, python_checks, record_checks
from reply_xl.doctor.findings import Finding, State, fault
from reply_xl.doctor.timely_checks import in_time
from reply_xl.errors import ReplyXlError
from reply_xl.setup.computers import Computer, System

PATIENCE = 75.0
"""Seconds that one check of this computer may take; to load the packages is given a minute."""
_Check = Callable[[Computer], Iterator[Finding]]
_ANYWHERE: tuple[tuple[str, _Check], ...] = (("Excel", excel_checks.check_excel), ("Packages", python_checks.check_packages))
_WITH_EXCEL: tuple[tuple[str, _Check], ...] = (
    ("Python", python_checks.check_python),
    ("Add-in", click_checks.check_addin),
    ("Functions", click_checks.check_functions),
    ("Launcher", click_checks.check_launcher),
    ("Agent", click_checks.check_agent),
    ("Policies", policies.check_policies),
    ("Clicks", click_checks.check_click_folder),
    ("Log", click_checks.check_logs),
)
_LAST: tuple[tuple[str, _Check], ...] = (("Records", record_checks.check_records),)
_SUMS = {State.FAULT: "fault", State.WARNING: "warning"}


def examine(computer: Computer, *, with_network: bool = True, base_url: str | None = None, patience: float = PATIENCE) -> Iterator[Finding]:
    """All findings, in the order of a click's way, as they are made; a check that fails itself is a fault, and so is one of this computer that
    takes longer than `patience` seconds. Raises `ConfigError` for a base URL that is not safe, before anything is looked at."""
    on_the_way = network_checks.network_checks(base_url) if with_network else []
    has_excel = computer.system is not System.OTHER or computer.is_rehearsal
    checks = (*_ANYWHERE, *(_WITH_EXCEL if has_excel else ()), *_LAST)
    for name, check in checks:
        yield from _guarded(name, partial(in_time, partial(check, computer), patience, name))
    for name, ask in on_the_way:
        yield from _guarded(name, ask)


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except ReplyXlError as error:
        yield fault(name, str(error))
    except Exception as error:  # whatever is broken here is what somebody came to find out
        says = f"This could not be found out ({type(error).__name__}: {error})."
        yield fault(name, says, "Install reply-xl again, as the README shows; if that does not help, report this line.")


def lines(finding: Finding) -> list[str]:
    """As the terminal shows it: state, name, sentence; below it what to do."""
    first = f"{finding.state:<8} {finding.name}: {finding.says}"
    return [first, f"{'':<8} → {finding.advice}"] if finding.advice else [first]


def summary(findings: Sequence[Finding]) -> str:
    counts = {word: sum(one.state is state for one in findings) for state, word in _SUMS.items()}
    parts = [f"{count} {word}{'s' if count > 1 else ''}" for word, count in counts.items() if count]
    return f"reply-xl {__version__}: {' and '.join(parts) if parts else 'nothing is wrong'}."
