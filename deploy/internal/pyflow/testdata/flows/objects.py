"""Objects as defaults."""
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Dict, List, Optional

from prefect import flow
from pydantic import BaseModel, Field


class Color(Enum):
    RED = "red"
    ROT = "red"
    BLUE = "blue"


class Inner(BaseModel):
    x: int = 1
    f: float = 1
    name: Optional[str] = None


class Config(BaseModel):
    inner: Inner = Inner(x=2)
    inners: List[Inner] = [Inner(), Inner(x=3, f=2, name="n")]
    color: Color = Color.BLUE
    path: Path = Path("a/b")
    wait: timedelta = timedelta(minutes=1)
    tags: List[str] = Field(default_factory=list)
    labels: Dict[str, float] = Field({}, description="d")
    anything: Any = (1, 2)
    required: bool

    @property
    def size(self):
        return 1


@dataclass
class Point:
    x: float
    y: float = 0
    _z: int = 1
    tags: List[str] = field(default_factory=list)
    meta: Dict[str, int] = field(default_factory=dict)


@flow
def models(a: Inner = Inner(), b: Config = Config(required=True), c: List[Inner] = [Inner(x=5)], d: Optional[Inner] = Inner(name="x"),
           e: Config = Config(required=False, inner=Inner(x=9), color=Color.RED, tags=["a"], labels={"k": 1}, path=Path("c"), anything={"z": [1]})): ...


@flow
def points(a: Point = Point(1), b: Point = Point(1.5, y=2, tags=["t"]), c: Any = Point(x=1, meta={"a": 1})): ...


@flow
def aliased(a: Color, b: Color = Color.ROT): ...


@flow
def quoted(a: List["Inner"], b: Dict[str, "Optional[int]"] = {}, c: List["dict"] = [], d: "List[Inner]" = [Inner()]): ...
