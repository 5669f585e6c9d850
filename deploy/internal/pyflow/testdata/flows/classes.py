from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any, Dict, List, Literal, NamedTuple, Optional, TypedDict, Union

from prefect import flow
from pydantic import BaseModel, ConfigDict, Field


class Color(Enum):
    """The color."""

    RED = "red"
    GREEN = "green"


class Size(enum.Enum):
    S = 1
    M = 2


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Word(str, Enum):
    A = "a"
    B = "b"


class One(Enum):
    ONLY = "only"


class Mixed(Enum):
    A = 1
    B = "b"


class Auto(Enum):
    A = enum.auto()
    B = enum.auto()


class Inner(BaseModel):
    x: int
    y: Optional[str] = None


class Outer(BaseModel):
    """An outer model.

    With two lines.
    """

    model_config = ConfigDict(extra="forbid")

    inner: Inner
    inners: List[Inner] = []
    color: Color = Color.RED
    some_long_name: float = Field(default=1.5, ge=0, description="A number.")
    listed: List[int] = Field(default_factory=list)
    required_field: str = Field(..., min_length=2, title="Own title")
    aliased: int = Field(1, alias="other")
    self_: Optional["Outer"] = None
    CONSTANT_like: Literal["a"] = "a"

    def method(self) -> int:
        return 1


class Child(Inner):
    z: datetime


@dataclass
class Data:
    a: int
    b: List[str] = field(default_factory=list)
    c: Color = Color.GREEN
    d: str = "x"


@dataclass(frozen=True)
class Documented:
    """Has a docstring."""

    a: Inner


class Typed(TypedDict):
    a: int
    b: str


class Partial(TypedDict, total=False):
    a: int


class Plain:
    def __init__(self, a): ...


class Empty(BaseModel):
    pass


@flow
def enums(a: Color, b: Size, c: Level, d: Word, e: One, f: Mixed, g: Auto): ...


@flow
def enum_defaults(a: Color = Color.RED, b: Optional[Color] = None, c: List[Color] = [Color.RED], d: Level = Level.LOW, e: Word = Word.A): ...


@flow
def models(a: Inner, b: Outer, c: Optional[Inner] = None, d: List[Inner] = [], e: Dict[str, Inner] = {}): ...


@flow
def inherited(a: Child): ...


@flow
def dataclasses(a: Data, b: Documented): ...


@flow
def plain(a: Plain, b: Optional[Plain] = None, c: List[Plain] = []): ...


@flow
def typed_dicts(a: Typed, b: Partial): ...


@flow
def empty(a: Empty): ...


@flow
def literal_enum(a: Literal[Color.RED]): ...


@flow
def union(a: Union[Inner, Data], b: Inner | None = None): ...


@flow
def quoted(a: "Inner", b: "List[Inner]", c: List["Inner"] = [], d: Union["Inner", Color, None] = None, e: "int" = 1, f: "'int'" = 2): ...
