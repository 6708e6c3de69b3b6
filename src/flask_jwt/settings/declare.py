"""Settings as they are declared: a dataclass for each group, a field for each key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, ParamSpec, Self, TypeVar

from ..errors import refuse

#: What ``app.config`` is to those who read it.
Config = Mapping[str, Any]
#: When a group is read.
Moment = Literal["init", "first use", "first token"]

_SETTING = "setting"

P = ParamSpec("P")


class Unfit(Exception):
    """A value is not what its key allows; the text, if there is one, says what it must be."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of ``app.config``."""

    key: str
    default: Any
    #: Returns what a value means, or raises :exc:`Unfit`.
    parse: Callable[[Any], Any]
    #: What a value must be, in the words of the error.
    expected: str
    #: What a number counts.
    unit: str = ""
    #: Whether neither logs nor commands show the value.
    secret: bool = False
    #: Returns what commands show of a value; by default the value, or of a secret nothing.
    show: Callable[[Any], str] | None = None
    #: Whether None is a value, and does not stand for the default.
    none_is_value: bool = False
    #: Whether it decides what is checked: a change after ``init_app`` is an error.
    decides_checks: bool = False
    #: The key of Flask whose value ``init_app`` copies where this one has none.
    copied_from: str | None = None

    def shown(self, value: Any) -> str:
        """Return what a value in force looks like: on one line, and no secret."""
        if value is None:
            return "not set"
        if self.show is not None:
            return self.show(value)
        if self.secret:
            return "set, not shown"
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, frozenset):
            value = sorted(value)
        text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        text = text or "none"
        unit = self.unit.removesuffix("s") if value == 1 else self.unit
        return f"{text if text.isprintable() else ascii(text)} {unit}".rstrip()

    def name_in(self, config: Config) -> str:
        """Return the key that was written: this one, or the one that it is a copy of."""
        flasks = self.copied_from
        if flasks is not None and config.get(self.key) in (None, config.get(flasks)):
            return flasks
        return self.key

    def read(self, config: Config) -> Any:
        """Return what the configured value means, or the default where it is unset or None."""
        name = self.name_in(config)
        value = config.get(name)
        if value is None and not self.none_is_value:
            value = self.default
        if value is None:
            return None
        try:
            return self.parse(value)
        except Unfit as error:
            refuse(name, str(error) or self.expected)


def _as_field(make: Callable[P, Setting]) -> Callable[P, Any]:
    def declare(*args: P.args, **more: P.kwargs) -> Any:
        declared = make(*args, **more)
        return field(repr=not declared.secret, metadata={_SETTING: declared})

    return declare


#: Declares a key as the field of a group; it takes what :class:`Setting` takes.
setting = _as_field(Setting)


@dataclass(frozen=True, slots=True)
class Group:
    """Settings of one capability that are read at the same moment. Each subclass is a dataclass."""

    #: The heading of their table in the documentation.
    title: ClassVar[str]
    moment: ClassVar[Moment] = "first use"

    @classmethod
    def declared(cls) -> dict[str, Setting]:
        """Return the settings by the names of their fields."""
        return {declared.name: declared.metadata[_SETTING] for declared in fields(cls)}

    @classmethod
    def is_used(cls, config: Config) -> bool:  # noqa: ARG003
        """Tell whether the capability is switched on; otherwise no value is looked at."""
        return True

    @classmethod
    def read(cls, config: Config) -> Self:
        """Read and check the settings."""
        values = {name: declared.read(config) for name, declared in cls.declared().items()}
        return cls(**values).settled(config)

    def settled(self, config: Config) -> Self:  # noqa: ARG002
        """Apply the rules between two keys; return the settings that are in force."""
        return self

    def warnings(self) -> Iterable[str]:
        """Return what the log says of values that have no effect."""
        return ()


G = TypeVar("G", bound=Group)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Keys of another package that an application is configured by."""

    groups: tuple[type[Group], ...] = ()
    #: Every key with its default; they go before those of this package of the same name.
    defaults: Mapping[str, Any] = field(default_factory=dict)
    #: The keys of this package that have no effect beside them, with what to write instead.
    replaced: Mapping[str, str] = field(default_factory=dict)


class Settings(dict[type[Group], Group]):
    """The settings of an application, by group: ``settings[SessionSettings].idle``.

    It is a dict, whose look-up costs a request no call of ours.
    """

    def __init__(self, groups: Iterable[Group]) -> None:
        super().__init__((type(group), group) for group in groups)

    if TYPE_CHECKING:

        def __getitem__(self, kind: type[G]) -> G:
            """Return a group."""
            ...

        def get(self, kind: type[G]) -> G | None:  # type: ignore[override]
            """Return a group, or None where its capability is switched off."""
            ...
