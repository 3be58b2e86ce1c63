"""What this computer's policies let Excel and its macros do, as far as a user may read them. Windows, and on a Mac the one for macros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from reply_xl.doctor.findings import Finding, fault, fine, unknown, warning
from reply_xl.errors import ConfigError
from reply_xl.setup.addin_file import our_addin, signed_copy
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.functions_files import has_functions
from reply_xl.setup.launcher import parse
from reply_xl.setup.places import ADDIN, places
from reply_xl.setup.property_lists import property_list
from reply_xl.setup.registries import RegistryFile, Value

_POLICIES = r"HKCU\Software\Policies\Microsoft\Office\16.0"
_SETTINGS = r"HKCU\Software\Microsoft\Office\16.0"
_FROM_CLOUD = r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0"
_SECURITY = tuple(rf"{key}\Excel\Security" for key in (_POLICIES, _FROM_CLOUD, _SETTINGS))
_TRUSTED = tuple(rf"{key}\Trusted Locations" for key in _SECURITY)
_LISTED = tuple(rf"{key}\Excel\Resiliency" for key in (_POLICIES, _FROM_CLOUD))
_VBA_OFF = (
    rf"{_POLICIES}\Common",
    rf"{_FROM_CLOUD}\Common",
    r"HKLM\SOFTWARE\Policies\Microsoft\Office\16.0\Common",
    r"HKLM\SOFTWARE\Microsoft\Office\16.0\Common",
)
_MIX = tuple(rf"{key}\Common\Security\Trusted Locations" for key in (_POLICIES, _FROM_CLOUD))
_DISABLED = rf"{_SETTINGS}\Excel\Resiliency\DisabledItems"
_DEFENDER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender", r"HKLM\SOFTWARE\Microsoft\Windows Defender"
_RULES = tuple(rf"{key}\Windows Defender Exploit Guard\ASR\Rules" for key in _DEFENDER)
_MANAGED = rf"{_DEFENDER[0]}\Policy Manager"
_APPLOCKER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe"
_SMART_APP_CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control\CI\Policy"
CHILD_PROCESSES = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
WIN32_CALLS = "92E97FA1-2EDF-4476-BDD6-9DD0B4DDDC7B"
_BLOCK, _AUDIT, _WARN = 1, 2, 6
_MAC_SETTINGS = "com.microsoft.office.plist"
_MOST_LOCATIONS = 64
_TO_IT = "Show IT the page addin/FOR_IT.md."
_WITHOUT_TAB = "Without the tab, “reply-xl push” works on files that are closed in Excel."


@dataclass(frozen=True, slots=True)
class Policies:
    """What was found, without names and paths. `macros`: Excel's setting 1 (all run) to 4 (none does), None where nothing is set. `trusts`:
    whether the start-up folder is a trusted location, None where that is not certain. `only_other_addins`: Excel is given a list of the add-ins that it may load,
    and ours is not on it. `rules`: GUID of a Defender rule → 0 off, 1 block, 2 audit, 6 warn, as far as they
    could be read; `may_read_rules` False: some are kept from this user."""

    vba_is_off: bool
    macros: int | None
    trusts: bool | None
    only_signed_addins: bool
    no_addins: bool
    only_other_addins: bool
    rules: dict[str, int]
    may_read_rules: bool
    applocker: bool
    smart_app_control: bool


def read_policies(computer: Computer) -> Policies:
    """Only reads, and what is kept from this user counts as not set."""

    def number(key: str, name: str) -> int | None:
        return _number(computer.registry.value(key, name))

    def first(keys: tuple[str, ...], name: str) -> int | None:
        return next((found for key in keys if (found := number(key, name)) is not None), None)

    return Policies(
        vba_is_off=any(number(key, "VbaOff") for key in _VBA_OFF),
        macros=first(_SECURITY, "VBAWarnings"),
        trusts=_trusts(computer),
        only_signed_addins=bool(first(_SECURITY, "RequireAddinSig")),
        no_addins=bool(first(_SECURITY, "DisableAllAddins")),
        only_other_addins=_is_kept_out(computer, bool(first(_LISTED, "RestrictToList"))),
        rules=_rules(computer),
        may_read_rules=all(map(computer.registry.may_read, (*_RULES, _MANAGED))),
        applocker=number(_APPLOCKER, "EnforcementMode") == 1,
        smart_app_control=number(_SMART_APP_CONTROL, "VerifiedAndReputablePolicyState") == 1,
    )


def check_policies(computer: Computer) -> Iterator[Finding]:
    """What would keep the add-in's macros from running, or from starting Python."""
    if computer.system is System.MAC:
        yield from _check_macros_on_mac(computer)
    if computer.system is not System.WINDOWS:
        return
    found = read_policies(computer)
    yield from _check_disabled(computer)
    if computer.is_rehearsal and found == read_policies(replace(computer, registry=RegistryFile(None))):
        yield unknown("Policies", "The folder of a rehearsal has no policies.")
        return
    yield from _check_macros(computer, found)
    yield from _check_rules(computer, found)
    guards = [name for name, is_on in (("AppLocker", found.applocker), ("Smart App Control", found.smart_app_control)) if is_on]
    for name in guards:
        yield fine("Programs", f"{name} decides which programs may run here; the line on Python says whether that one may.")


def _check_macros(computer: Computer, found: Policies) -> Iterator[Finding]:
    name, is_signed = "Macros", _is_signed(computer)
    signed = "Ask IT for a signed copy of the add-in, and run “reply-xl install --xlam FILE”."
    if found.vba_is_off:
        yield fault(name, "A policy switches macros off in all of Office, so the tab Reply cannot work.", f"{_TO_IT} {_WITHOUT_TAB}")
    elif found.no_addins:
        yield warning(
            name,
            "Excel is set to load no add-ins; the tab Reply may be missing.",
            "Switch it off under File → Options → Trust Center → Add-ins, or ask IT.",
        )
    elif found.only_other_addins:
        yield warning(
            name,
            f"A policy names the add-ins that Excel may load, and {ADDIN} is not among them; the tab Reply may be missing.",
            f"Ask IT to put {ADDIN} with the value 1 on the policy “List of managed add-ins”.",
        )
    elif found.only_signed_addins and not is_signed:
        yield warning(name, "Excel is set to load signed add-ins only, and this one is not signed.", signed)
    elif found.trusts:
        yield fine(name, "Excel trusts its start-up folder, so the add-in's macros run.")
    elif found.trusts is None and found.macros != 1:
        says = "Excel's list of trusted locations does not name its start-up folder; if the tab does nothing, add"
        yield unknown(name, f"{says} {places(computer).startup} under File → Options → Trust Center → Trusted Locations.")
    elif found.macros == 4:
        yield fault(name, "Excel is set to run no macros, and does not trust its start-up folder.", f"{_TO_IT} {_WITHOUT_TAB}")
    elif found.macros == 3 and not is_signed:
        yield fault(name, "Excel is set to run signed macros only, and this add-in is not signed.", signed)
    elif found.macros in (1, 3):
        yield fine(name, "Excel's setting for macros lets those of the add-in run.")
    else:
        yield warning(name, "Excel does not trust its start-up folder, and asks each time before the add-in's macros run.", signed)


def _check_macros_on_mac(computer: Computer) -> Iterator[Finding]:
    """What a company's management, or else the user, has set for all of Office."""
    managed = Path("/Library/Managed Preferences")
    folders = () if computer.is_rehearsal else (managed / computer.home.name, managed)
    settings = [property_list(folder / _MAC_SETTINGS) for folder in (*folders, computer.home / "Library" / "Preferences")]
    is_off, state = (
        next((found[name] for found in settings if name in found), None)
        for name in ("VisualBasicEntirelyDisabled", "VisualBasicMacroExecutionState")
    )
    if is_off is True:
        yield fault("Macros", "Macros are switched off in all of Office, so the tab Reply cannot work.", f"{_TO_IT} {_WITHOUT_TAB}")
    elif state == "DisabledWithoutWarnings":
        advice = "Allow them under Excel → Settings → Security, or ask IT."
        yield fault("Macros", f"Excel is set to run no macros. {_WITHOUT_TAB}", advice)
    else:
        yield fine("Macros", "Excel's setting for macros does not forbid those of the add-in.")


def _check_disabled(computer: Computer) -> Iterator[Finding]:
    """Excel's own list of files that it will not open any more because it once ended badly with them."""
    listed = [computer.registry.data(_DISABLED, name).decode("utf-16-le", "replace") for name in computer.registry.names(_DISABLED)]
    if any(ADDIN.casefold() in text.casefold() for text in listed):
        yield fault(
            "Macros",
            "Excel has disabled the add-in, because it once ended badly with it.",
            "In Excel: File → Options → Add-ins → Manage: Disabled Items → Go; select ReplyXL.xlam, click Enable, and restart Excel.",
        )


def _check_rules(computer: Computer, found: Policies) -> Iterator[Finding]:
    name, is_served = "Defender", has_agent(computer)
    blocks = found.rules.get(CHILD_PROCESSES, 0)
    if blocks in (_BLOCK, _WARN) and not is_served:
        yield fault(name, "Microsoft Defender keeps Excel from starting any program.", "Run “reply-xl install --agent”.")
    elif blocks in (_BLOCK, _WARN):
        yield fine(name, "Microsoft Defender keeps Excel from starting any program; the agent waits for clicks instead.")
    elif CHILD_PROCESSES in found.rules or found.may_read_rules:
        yield fine(name, "Microsoft Defender lets Excel start programs.")
    else:
        says = "Whether Microsoft Defender lets Excel start programs can be read by an administrator only; if clicks do not start, run"
        yield unknown(name, f"{says} “reply-xl install --agent”.")
    if has_functions(computer) and found.rules.get(WIN32_CALLS, 0) in (_BLOCK, _WARN):
        yield warning(name, "Microsoft Defender stops the functions for cells (“Block Win32 API calls from Office macros”).", _TO_IT)


def _rules(computer: Computer) -> dict[str, int]:
    """The strictest of what group policy, a management service and an administrator have set."""
    found: dict[str, int] = {}

    def note(name: str, value: Value | None) -> None:
        if re.fullmatch(r"[0-9A-Fa-f-]{36}", name) is None:
            return
        number = _number(value) or 0
        strictness = (0, _AUDIT, _WARN, _BLOCK)
        known = name.upper() in found and strictness.index(found[name.upper()]) >= strictness.index(number if number in strictness else 0)
        if number in strictness and not known:
            found[name.upper()] = number

    for key in _RULES:
        for name in computer.registry.names(key):
            note(name, computer.registry.value(key, name))
    managed = computer.registry.value(_MANAGED, "ASRRules")
    for part in str(managed or "").split("|"):
        name, _, value = part.partition("=")
        if name:
            note(name.strip("{} "), value)
    return found


def _is_kept_out(computer: Computer, is_restricted: bool) -> bool:
    """0 keeps an add-in out, 1 and 2 let it in; of one that is not named the other policy tells, “Block all unmanaged add-ins”."""
    keys = [rf"{key}\AddinList" for key in _LISTED]
    values = [
        computer.registry.value(key, name) for key in keys for name in computer.registry.names(key) if name.casefold() == ADDIN.casefold()
    ]
    return _number(values[0]) == 0 if values else is_restricted


def _trusts(computer: Computer) -> bool | None:
    """Whether the start-up folder is a trusted location. It is one from the beginning: a list of the user's that lacks it is no proof."""
    startup = _folder(computer, str(places(computer).startup))
    said = (_number(computer.registry.value(key, "AllLocationsDisabled")) for key in _TRUSTED)
    if next((number for number in said if number is not None), 0):
        return False
    *by_policy, own = (_locations(computer, key) for key in _TRUSTED)
    if any(_holds(listed, startup) for listed in by_policy):
        return True
    if any(_number(computer.registry.value(key, "Allow User Locations")) == 0 for key in _MIX):
        return False
    return True if not own or _holds(own, startup) else None


def _locations(computer: Computer, key: str) -> list[tuple[str, bool]]:
    """Each with whether the folders in it are trusted as well."""
    keys = [rf"{key}\Location{number}" for number in range(_MOST_LOCATIONS)]
    found = [(computer.registry.value(one, "Path"), bool(_number(computer.registry.value(one, "AllowSubfolders")))) for one in keys]
    return [(_folder(computer, path), with_those_in_it) for path, with_those_in_it in found if isinstance(path, str)]


def _holds(listed: list[tuple[str, bool]], folder: str) -> bool:
    return any(folder == path or (deep and PureWindowsPath(folder).is_relative_to(path)) for path, deep in listed)


def _folder(computer: Computer, path: str) -> str:
    names = {name.casefold(): value for name, value in computer.environ.items()}
    expanded = re.sub("%([^%]+)%", lambda found: names.get(found[1].casefold(), found[0]), path)
    return str(PureWindowsPath(expanded)).casefold()


def _number(value: Value | None) -> int | None:
    text = str(value).strip() if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _is_signed(computer: Computer) -> bool:
    try:
        return signed_copy(places(computer).addin, our_addin())[1]
    except ConfigError:
        return False


def has_agent(computer: Computer) -> bool:
    """Whether Excel was set up to leave clicks to the agent."""
    try:
        launcher = parse(places(computer).launcher.read_bytes().decode(computer.code_page, "replace"))
    except OSError:
        return False
    return launcher is not None and launcher.has_agent
