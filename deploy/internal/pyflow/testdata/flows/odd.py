"""One odd annotation or default a flow."""
import collections
import datetime
import enum
import re
import typing
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, time, timezone
from pathlib import Path
from typing import Annotated, Any, Dict, Final, Generic, List, Literal, NamedTuple, NewType, Optional, Pattern, Type, TypeVar, Union

import pydantic
from prefect import flow
from pydantic import (UUID1, UUID3, UUID4, UUID5, AwareDatetime, BaseModel, ByteSize, DirectoryPath, Field, FilePath, Json, NaiveDatetime, PastDate, StrictBool, StrictFloat,
                      StrictInt, StrictStr, FutureDate, FutureDatetime, NewPath, PastDatetime, confloat, conint, conlist, constr)
from pydantic.dataclasses import dataclass as pydantic_dataclass

T = TypeVar("T")
B = TypeVar("B", bound=int)
UserId = NewType("UserId", int)
MaybeId = NewType("MaybeId", Optional[UserId])
Names = List[str]
Matrix = List[List[float]]
MaybeName = Optional["Named"]


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


class Bits(enum.IntFlag):
    A = 1
    B = 2


class Plain(enum.StrEnum):
    ONE = enum.auto()
    TWO = "2"


class Box(BaseModel, Generic[T]):
    value: T


class Named(BaseModel):
    name: str
    when: Optional[datetime.datetime] = None
    kinds: List[Plain] = [Plain.ONE]
    inner: Optional[Dict[str, List["Named"]]] = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    age: Annotated[int, Field(ge=0)] = 1


@dataclass(slots=True, kw_only=True)
class Slotted:
    a: int
    b: Optional[date] = None
    c: Dict[str, Any] = field(default_factory=dict)


@dataclass
class Tree:
    left: Optional["Tree"] = None
    leaf: int = 0


@pydantic_dataclass
class Checked:
    a: int = 1


@flow
def new_type(a: UserId): ...


@flow
def type_var(a: T): ...


@flow
def bound_type_var(a: B): ...


@flow
def named_tuple(a: Point): ...


@flow
def flag(a: Permission): ...


@flow
def int_flag(a: Bits = Bits.A): ...


@flow
def str_enum(a: Plain = Plain.TWO, b: Optional[Plain] = None, c: Dict[str, Plain] = {}): ...


@flow
def generic_model(a: Box[int]): ...


@flow
def named(a: Named, b: MaybeName = None, c: Dict[str, Optional[Named]] = {}): ...


@flow
def either(a: Union[Cat, Dog], b: List[Union[Cat, Dog]] = [], c: Optional[Cat | Dog] = None): ...


@flow
def discriminated(a: Annotated[Union[Cat, Dog], Field(discriminator="kind")]): ...


@flow
def slotted(a: Slotted): ...


@flow
def tree(a: Tree, b: Optional[Tree] = None): ...


@flow
def checked(a: Checked): ...


@flow
def counted(a: conint(ge=1)): ...


@flow
def sized(a: constr(min_length=1)): ...


@flow
def listed(a: conlist(int, min_length=1)): ...


@flow
def double_ended(a: deque): ...


@flow
def double_ended_of(a: typing.Deque[int]): ...


@flow
def default_dict(a: typing.DefaultDict[str, int]): ...


@flow
def ordered(a: OrderedDict): ...


@flow
def counter(a: collections.Counter): ...


@flow
def pattern(a: Pattern): ...


@flow
def pattern_of(a: re.Pattern): ...


@flow
def a_type(a: Type[int]): ...


@flow
def bare_type(a: type): ...


@flow
def final(a: Final[int] = 1): ...


@flow
def json(a: Json): ...


@flow
def strict(a: StrictInt, b: StrictStr, c: StrictBool, d: StrictFloat): ...


@flow
def moments(a: AwareDatetime, b: NaiveDatetime, c: PastDate): ...


@flow
def paths(a: FilePath, b: DirectoryPath): ...


@flow
def uuid4(a: UUID4): ...


@flow
def byte_size(a: ByteSize): ...


@flow
def zoned(a: datetime.datetime = datetime.datetime(2024, 1, 2, tzinfo=timezone.utc)): ...


@flow
def clock(a: time = time(6, 30)): ...


@flow
def a_range(a=range(3)): ...


@flow
def a_path(a=Path.home() / "x"): ...


@flow
def matrix(a: Matrix = [[1.0, 2.0]], b: Names = [], c: "Matrix" = None): ...


@flow
def pipes(a: int | str | None = None, b: "list[int] | dict[str, int | None]" = [], c: Optional[int | str] = None, d: None = None): ...


@flow
def tuples(a: tuple[int, str] = (1, "x"), b: tuple[tuple[int, ...], ...] = (), c: Optional[tuple[float, float]] = None): ...


@flow
def literal_kinds(a: Literal["a", 1, True, None] = "a", b: Literal[b"x"] = b"x", c: List[Literal["a", "b"]] = ["a"]): ...


@flow
def stars(a: int, *args: List[int], key: str, **kwargs: Dict[str, int]): ...


@flow
def only_keywords(*, a: int = 1, b): ...


@flow
def positional(a: int, b: str = "x", /, c: float = 1, *, d: bool): ...


@flow
def annotated_twice(a: Annotated[Annotated[int, Field(ge=0)], Field(le=9)] = 1): ...


@flow
def annotated_default(a: Annotated[int, Field(default=5)]): ...


@flow
def any_of_any(a: Optional[Any] = None, b: List[Any] | None = None, c: dict[str, list[dict[str, Any]]] = {}): ...


@flow
def empty_values(a: str = "", b: list = [], c: dict = {}, d: tuple = (), e: set = set(), f: float = 0.0, g: bool = False, h=None): ...


@flow
def numbers(a: float = 1e-05, b: float = 1e16, c: float = 123456789.123456789, e: float = -0.0, f: int = 0b101, g: int = 0o17): ...


@flow
def texts(a: str = 'a\'b"c', c: str = "tab\tline\\n", d: str = "😀", f: str = "x" + "y", g: str = """\
joined"""): ...


@flow
def made_types(a: conint(strict=True, gt=0, le=9) = 1, b: Optional[constr(pattern="^a", strip_whitespace=True)] = None, c: List[confloat(ge=0.5)] = [],
               d: conlist(conint(ge=1), max_length=2) = [1], e: "conint(ge=1)" = 1, f: List["conint(ge=1)"] = [], g: MaybeId = None, h: Dict[str, UserId] = {},
               i: Optional[UserId] = None, j: Union[UserId, str] = 1): ...


@flow
def more_pydantic(a: UUID1, b: UUID3, c: UUID5, d: FutureDate, e: FutureDatetime, f: PastDatetime, g: NewPath, h: Optional[StrictInt] = None, i: List[FilePath] = []): ...


@flow
def more_collections(a: deque[int], b: defaultdict[str, List[int]], c: OrderedDict[str, int], d: Optional[deque] = None, e: "deque[int]" = [],
                     f: typing.OrderedDict[str, int] = {}, g: List["deque"] = [], h: Dict[str, deque[int]] = {}): ...


@flow
def bare_default_dict(a: defaultdict): ...


@flow
def made_values(a: list = list(), b: dict = dict(), c: tuple = tuple(), d: str = "a" + "b" + "c", e: time = time(23), f: time = time(1, 2, 3),
                g: datetime.datetime = datetime.datetime(2024, 1, 2, 3, tzinfo=datetime.timezone.utc), h: frozenset = frozenset(), i: str = str(),
                j: List[str] = ["x" + "y"]): ...


@flow
def shifted(a: int = 1 << 4): ...


@flow
def powered(a: int = 10**20): ...


@flow
def by_name(a: str = "\N{BULLET}"): ...


@flow
def repeated(a: str = "a" * 3): ...
