"""Signatures without classes."""
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Set, Tuple, Union

import prefect
from prefect import flow
from prefect import flow as f


@flow
def nothing():
    pass


@flow()
def bare(a, b=1, *, c, d="x"):
    "One line."


@prefect.flow(name="Named flow", description="Given.", version="7", retries=3, retry_delay_seconds=2.5,
              timeout_seconds=60, log_prints=True)
async def named(a: int):
    """Not this one."""


@f(name="con" "catenated", log_prints=False)
def under_score_name(x: str = 'it''s'): ...


@flow
def scalars(a: int, b: float, c: str, d: bool, e: bytes, g: None, h: Any, i: object, j: "int", k: complex = 1):
    ...


@flow
def defaults(a: int = -1, b: float = 1.50, c: float = 1e3, d: str = "é\n\x41\u00e9", e: bool = True, f=None,
             g: bytes = b"abc", h=(1, 2), i=[1, [2.0, None]], j={"a": {"b": 1}, 2: 3}, k: int = 0xFF_FF, l: int = 1_000,
             m: float = 1, n=r"\d", o="a" "b" 'c', p=..., q: int = 60 * 60 - 1, r=2 * 3, s=+1, t=~0, u=not True,
             w={1}, x="""three
lines""", y=f"plain", z=1.0e-7): ...


@flow
def optional(a: Optional[int], b: Optional[int] = None, c: Union[int, str] = 1, d: int | None = None, e: "int | str" = 2,
             f: Union[int, None, str] = None, g: Union[int] = 1, h: Optional[Union[str, Optional[int]]] = None,
             i: Union[int, int] = 1, j: List[Optional[int]] | None = None, k: None | int = None): ...


@flow
def collections(a: list, b: List, c: List[int], d: list[str], e: dict, f: Dict, g: Dict[str, int], h: dict[str, Any],
                i: Dict[str, List[int]], j: set, k: Set[int], l: FrozenSet[str], m: tuple, n: Tuple[int, str],
                o: tuple[int, ...], p: Tuple[()], q: Sequence[int], r: Dict[int, str], s: List[Dict[str, Any]],
                t: Tuple, u: frozenset, v: List[Any], w: Dict[str, object], x: Dict[Any, Any], y: Dict): ...


@flow
def kinds(a, /, b: int, *args: int, c: str = "c", **kwargs: str): ...


@flow
def bare_kinds(*args, **kwargs): ...


@flow
def shadows(copy: int, json: str = "j", schema: Optional[str] = None, dict: int = 1, model_name: str = "m", fields: int = 1): ...


@flow
def _private(_a: int): ...


@flow
def reserved(return_state: bool): ...


@flow
def unannotated_none(a=None, b: int = None, c: str = 5): ...
