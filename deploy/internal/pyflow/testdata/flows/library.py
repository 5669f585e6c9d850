import datetime
import datetime as dt
import decimal
import pathlib
import typing as t
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from prefect import flow
from pydantic import AnyUrl, BaseModel, EmailStr, Field, HttpUrl, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr

LIMIT = 10
ALIAS = t.Optional[int]
NAMES: t.List[str] = ["a", "b"]


@flow
def times(a: datetime.datetime, b: dt.date, c: date, d: timedelta, e: datetime.time, f: t.Optional[datetime.datetime] = None,
          g: timedelta = timedelta(days=1, hours=2), h: date = date(2020, 1, 2), i: datetime.datetime = datetime.datetime(2020, 1, 2, 3, 4, 5)): ...


@flow
def things(a: UUID, b: uuid.UUID, c: Decimal, d: decimal.Decimal, e: Path, f: pathlib.Path = Path("a/b"), g: Decimal = Decimal("1.50"),
           h: UUID = UUID("12345678-1234-5678-1234-567812345678")): ...


@flow
def literals(a: Literal["x"], b: Literal["x", "y"] = "x", c: Literal[1, 2] = 1, d: Literal[1, "x"] = 1, e: Literal["x", None] = None,
             f: t.Optional[Literal["x", "y"]] = None, g: Literal[True] = True, h: Literal[Literal["p", "q"], "r"] = "p",
             j: Literal["x", "x"] = "x", k: Literal[None] = None, l: Literal[-1, 1] = 1, m: Literal[True, 1, "x"] = True): ...


@flow
def annotated(a: Annotated[int, Field(gt=0, le=10)], b: Annotated[str, "words"] = "x", c: Annotated[str, Field(min_length=1, max_length=5, pattern="^a")] = "a",
              d: Annotated[int, Field(description="From the field.", title="Title")] = 1, e: Annotated[t.List[int], Field(min_length=1)] = [1],
              f: t.Optional[Annotated[int, Field(ge=1)]] = None, g: Annotated[t.Optional[int], Field(ge=1)] = None, h: Annotated[int, Field(examples=[1, 2])] = 1,
              i: Annotated[float, Field(multiple_of=0.5, lt=3)] = 1.0, j: Annotated[t.Any, Field(description="any")] = 1): ...


@flow
def pydantic_types(a: SecretStr, b: HttpUrl, c: AnyUrl, d: PositiveInt, e: NonNegativeInt, f: PositiveFloat, g: t.Optional[SecretStr] = None): ...


@flow
def abstracts(a: Iterable[int], b: Mapping[str, int], c: t.Mapping[str, int], d: t.Sequence[str], e: t.Iterable): ...


@flow
def calls(a: Callable, b: t.Callable[[int], str] = None): ...


@flow
def address(a: IPv4Address): ...


@flow
def names(a: ALIAS = None, b: int = LIMIT, c: t.List[str] = NAMES): ...


@flow
def field_default(a: int = Field(default=1, description="d", ge=0), b: str = Field(description="only"), c: int = Field(5)): ...


@flow
def keyed(a: t.Dict[Literal["x", "y"], int], b: t.Dict[UUID, int], c: t.Dict[date, str], d: t.Dict[float, str], e: t.Dict[bool, int]): ...


@flow
def nested(a: t.List[t.List[t.Tuple[int, t.Optional[str]]]], b: t.Dict[str, t.Union[int, t.List[str]]] = {"a": 1},
           c: t.Union[t.List[int], t.Dict[str, int], None] = None): ...
