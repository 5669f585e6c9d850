# coding: latin-1
import typing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum, IntEnum, auto, unique
from typing import *

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated

import prefect.flows
from prefect.flows import flow
from pydantic import BaseModel, Field, field_validator

if typing.TYPE_CHECKING:
    from nowhere import Nothing

Alias: typing.TypeAlias = Dict[str, int]
MINUTE = 60


class Base(BaseModel):
    """Base doc."""

    a: Annotated[int, Field(gt=0, description="In Annotated.", title="T")] = 1
    b: List["Later"] = []
    c_d_e: Optional[List[int]] = Field(None, min_length=1, description="d")
    f: "Optional[Later]" = None
    g: Dict[str, "Later"] = Field(default_factory=dict)
    h1x: ClassVar[int] = 1
    k: Union["Later", int, None] = None
    l: Optional[int] = Field(None, ge=0, le=9)
    m: Any = None
    n: bytes = b"x"
    _private: int = 1

    @field_validator("a", mode="before")
    @classmethod
    def check(cls, v):
        return v

    @property
    def double(self):
        return self.a * 2


class Over(Base):
    a: str = "over"
    z: int


class Later(BaseModel):
    x: int = 60 * MINUTE
    t: timedelta = timedelta(minutes=90)


@unique
class Aliased(Enum):
    A = "a"
    B = 2


class Kind(str, Enum):
    """Kinds.

       More.
    """
    x = "X"
    y = "Y"

    @property
    def lower(self):
        return self.value.lower()


class Count(IntEnum):
    ONE = auto()
    FIVE = 5
    SIX = auto()


class Nothing2: "only a doc"


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0
    tags: List[str] = field(default_factory=list, repr=False)
    kind: "Kind" = Kind.x
    size: int = field(default=3)


@flow
def base(a: Base, b: Over = None): ...


@flow
def forward(a: "Base", b: "List[Base]", c: List["Base"], d: Optional["Later"] = None, e: List["int"] = [], f: list["str"] = [], g: "Optional[Later]" = None,
            h: Dict[str, "List[int]"] = {}, i: Optional["None"] = None): ...


@flow
def enums(a: Aliased, b: Kind = Kind.y, c: Count = Count.SIX, d: str = Kind.x.value, e: str = Kind.x.name, f: Dict[Kind, int] = {}, h: Literal[Kind.x, Kind.y] = Kind.x): ...


@flow
def points(a: Point, b: Tuple[Point, ...] = (), c: Union[Point, Kind, None] = None): ...


@flow
def callables(a: Optional[Callable] = None, b: List[Callable[[int], str]] = [], c: Union[int, Callable] = 1, d: Union[int, List[Callable], None] = None, e: Dict[str, Callable] = {}, *f: Callable): ...


@flow
def durations(a=timedelta(0), b=timedelta(days=7), c=timedelta(weeks=1, seconds=5), d=timedelta(1, 2), e=timedelta(hours=24), f=timedelta(days=364)): ...


@flow
def unions(a: Union[Decimal, int], b: Optional[Decimal] = None, c: Union[List[int], list[int]] = [], d: Union[Dict, Alias] = {}, e: Optional[Any] = None, f: Union[None] = None,
           g: Union[Nothing2, int] = 1, h: Union[str, "int"] = 1): ...


@flow
def deep(a: Alias, b: List[Alias], c: Annotated[Dict[str, int], Field(min_length=1)] = {"a": 1}, d: Optional[Annotated[str, Field(description="Inner.", pattern="^x")]] = None,
         e: List[Annotated[int, Field(title="Item", ge=0)]] = [], f: Dict[Annotated[str, Field(pattern="^k")], int] = {}, g: Dict[Annotated[str, Field(min_length=2)], Any] = {}): ...


@flow
def docs(a, b, c):
    """
    Args:
        a:
        b: "quoted: text"
            https://x.y: z

        c (int): see:
           oddly indented

    Raises:
        ValueError: never
    """


@flow
def described(a: Annotated[int, Field(description="Lost.")], b: int):
    """Both.

    Args:
        a: From the docstring.
        b: B.
        nobody: X.
    """


@prefect.flows.flow(name=None, description=None, version="", retries=None, timeout_seconds=0, log_prints=None)
def unset(): ...


@flow(name="caf\xe9 é", retry_delay_seconds=10, timeout_seconds=1.5, persist_result=True, task_runner=None)
def spelled(é: int = 1, *, key: str = 'é'):
    # a comment is no docstring
    """Doc é."""


@flow
async def   odd (  a : int=1 ,
  b = (
      1 , # comment )
      "x" 'y' ), ) -> "None" : """Doc."""; pass


@flow
def with_self(self, cls: int = 1, b: int = 2): ...


if True:
	@flow
	def tabbed(a: int = 1):
		"""Tabs.

		Args:
			a: The a.
		"""


@flow
def backslashed(a: int = 1, \
                b: str = "a\
b", c=-(1), d=- -1, e=[], f={}, g=(), h=(1,), i=("x"), j={"k": [1, {"l": None}]}, k=0b101, l=0o17, m=1_0.5e-1_0, n=1., o=.5, p=00, q=1E5, r=123456789012345678901234567890,
                s=1e16, t=1e15, u=0.0001, v=0.00001, w=-0.0): ...


@flow
def sealed(a: Union[Annotated[Optional[int], Field(ge=1)], str, None] = None, b: Union[Annotated[Optional[int], "x"], str] = 1, c: Dict[str, Annotated[int, Field(title="T")]] = {},
           d: Union["Later", Kind] = Kind.x, e: "'int'" = 1): ...
