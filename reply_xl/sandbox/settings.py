"""The switches of the sandbox: one for each thing in which the documented and the live API differ, or nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypedDict

from reply_xl.sandbox.quota import parse_limits

READ = "contacts:read"
WRITE = "contacts:write"


class Switches(TypedDict, total=False):
    """The keywords of `Sandbox(...)` and of `PUT /sandbox/settings`; meanings and defaults are those of `Settings`."""

    latency: float
    quota: str
    time_scale: float
    retry_after: Literal["whole", "fractional"]
    custom_field_keys: Literal["name", "id"]
    company_size: Literal["camel", "pascal"]
    timestamps: Literal["filled", "null"]
    memberships: Literal["present", "absent"]
    unset: Literal["mixed", "null", "empty"]
    foreign_owner: Literal[404, 400]
    duplicate_email: Literal[400, 409]
    unknown_custom_fields: Literal["dropped", "refused"]
    null_text: Literal["clears", "refused"]
    error_style: Literal["documented", "live"]
    accounts_feature: bool
    organization: bool
    normalise: bool
    control: bool
    ignores: Sequence[str]
    scopes: Sequence[str]
    keys: Sequence[str] | None


# A switch with a closed list of values; the first is the default.
CHOICES: Mapping[str, tuple[object, ...]] = {
    "retry_after": ("whole", "fractional"),
    "custom_field_keys": ("name", "id"),
    "company_size": ("camel", "pascal"),
    "timestamps": ("filled", "null"),
    "memberships": ("present", "absent"),
    "unset": ("mixed", "null", "empty"),
    "foreign_owner": (404, 400),
    "duplicate_email": (400, 409),
    "unknown_custom_fields": ("dropped", "refused"),
    "null_text": ("clears", "refused"),
    "error_style": ("documented", "live"),
}
_NUMBERS = ("latency", "time_scale")
_BOOLEANS = ("accounts_feature", "organization", "normalise", "control")
_LISTS = ("ignores", "scopes", "keys")


@dataclass(frozen=True)
class Settings:
    """The state of all switches. Immutable: a change makes a new one, and a request sees one of them from start to end."""

    latency: float = 0.0
    """Seconds before every answer of the API; other requests go on meanwhile."""
    quota: str = "100/60,3000/3600"
    """`off` or `N/seconds,N/seconds`, sliding windows per key [DOC]."""
    time_scale: float = 1.0
    """Factor on the seconds of the quota's windows: 0.01 makes the minute 0.6 s."""
    retry_after: str = "whole"
    """`Retry-After` of the quota's 429 as whole seconds, at least 1 [DOC], or `fractional`, for shrunk windows."""
    custom_field_keys: str = "name"
    """`key` in an answer's customFields: the field's `name` [SEED] or its `id` as a string [LIVE]."""
    company_size: str = "camel"
    """Casing of companySize in answers: `camel` [SEED] or `pascal` [LIVE]."""
    timestamps: str = "filled"
    """createdAt and lastModifiedAt: `filled`, without offset [SEED], or `null` [LIVE]. addingDate is always filled."""
    memberships: str = "present"
    """`sequences` and `lists` in a contact: `present` [SEED] or `absent` [LIVE]."""
    unset: str = "mixed"
    """Unset text reads back as `""` in phone, city, state, country and null elsewhere (`mixed` [LIVE]), `null`, or `empty`."""
    foreign_owner: int = 404
    """Status for an owner outside the team: 404 [SEED] or 400 [DOC, newer]."""
    duplicate_email: int = 400
    """Status for an e-mail which another contact has: 400 or 409 [?]."""
    unknown_custom_fields: str = "dropped"
    """Custom fields that do not exist are `dropped` silently [LIVE] or `refused` with 404 customField.notFound."""
    null_text: str = "clears"
    """null for text, URLs and companySize `clears` (prose of [DOC]) or is `refused` (its schema) [?]."""
    error_style: str = "documented"
    """`live`: error bodies carry `"extensions": {}`, put `errors` first, and point at parameters with a slash [LIVE]."""
    accounts_feature: bool = False
    """Reply's Accounts feature is on: a `company` in a PATCH is refused [LIVE]."""
    organization: bool = True
    """False: whoami/team-users answers 403 workspace.organizationRequired [DOC]."""
    normalise: bool = False
    """The server trims text and lower-cases the e-mail before storing."""
    control: bool = True
    """The routes under /sandbox are there. They ask for no key: where the contacts are somebody's own, they should not be."""
    ignores: tuple[str, ...] = ()
    """Fields that are accepted and not stored: API names, or `custom:<title>`."""
    scopes: tuple[str, ...] = (READ, WRITE)
    """Scopes of every key [DOC]: without `contacts:write` a PATCH is answered 403."""
    keys: tuple[str, ...] | None = None
    """API keys accepted; None accepts any that is not empty."""

    def changed(self, switches: Mapping[str, Any]) -> Settings:
        """These settings with some switches changed; ValueError, naming the switch, for an unknown one or a bad value."""
        return replace(self, **{name: _checked(name, value) for name, value in switches.items()})

    def as_json(self) -> dict[str, Any]:
        """All switches by name. Of the keys only how many there are: a key is never shown."""
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown.update(ignores=list(self.ignores), scopes=list(self.scopes), keys=None if self.keys is None else len(self.keys))
        return shown

    def ignores_field(self, name: str) -> bool:
        return name in self.ignores


def _checked(name: str, value: Any) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name] or isinstance(value, bool):
            raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}, not {value!r}")
        return value
    if name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9 or (name == "time_scale" and not value):
            raise ValueError(f"{name} must be a number {'from 0' if name == 'latency' else 'above 0'}, not {value!r}")
        return float(value)
    if name in _BOOLEANS:
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
        return value
    if name in _LISTS:
        return _texts(name, value)
    if name == "quota":
        if not isinstance(value, str):
            raise ValueError(f"quota must be a text, not {value!r}")
        parse_limits(value)
        return value
    raise ValueError(f"{name} is not a switch of the sandbox")


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None and name == "keys":
        return None
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        # Never with the value: it may be a key.
        raise ValueError(f"{name} must be a list of texts")
    if name == "scopes" and not set(value) <= {READ, WRITE}:
        raise ValueError(f"scopes are {READ} and {WRITE}")
    return tuple(value)
