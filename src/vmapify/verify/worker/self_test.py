"""Can the judge still tell right from wrong? The code it runs may have replaced what it judges with.

User code shares this process: it may patch ``numpy.array_equal``, a builtin, or the judge itself, by accident or for a
test. So before an agreement is reported, pairs whose verdicts are known are judged by the same means.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from .attempt import attempt
from .judge import Judgement
from .pair import Pair
from .power_check import rejects_rolled

if TYPE_CHECKING:
    from .observe import Call

BLIND = "the code that was run has changed what the judge works with (numpy, JAX, builtins): it cannot tell {}"
ROWS = ((1.0, 2.0), (3.0, 5.0), (8.0, 13.0))


def blinded() -> str | None:
    """Why no agreement can be believed any more; None if all is well."""
    for what, same, before, after in _cases():
        judgement, error = attempt(functools.partial(_judged, before, after))
        verdict, telling = ("", False) if error is not None else judgement
        if (verdict == "identical" and telling) if same else verdict == "different":
            continue
        return BLIND.format(what)
    return None


def _judged(before: Call, after: Call) -> tuple[str, bool]:
    judgement = Judgement(Pair(before, after, {"rows": 0}), {"data": _host(1)}, np.random.default_rng(0))
    verdict = judgement.evidence().verdict
    return verdict, rejects_rolled("rows", judgement.loop, 0)


def _cases() -> list[tuple[str, bool, Call, Call]]:
    """What would be overlooked, whether the two are the same, and the two."""
    return [
        ("equal rows from others", True, _gives(_host(1)), _gives(_host(1))),
        ("rows from the same in another order", False, _gives(_host(1)), _gives(_host(1)[::-1].copy())),
        ("whole numbers apart", False, _gives(_host(1, int)), _gives(_host(1, int) + 1)),
        ("arrays of JAX apart", False, _gives(jnp.asarray(_host(1))), _gives(jnp.asarray(_host(2)))),
        ("dtypes apart", False, _gives(_host(1)), _gives(_host(1, np.float16))),
        ("containers apart", False, _gives([_host(1)]), _gives((_host(1),))),
        ("a changed argument", False, _gives(_host(1)), _changes),
    ]


def _host(factor: int, dtype: Any = np.float32) -> Any:
    return np.array(ROWS, dtype) * dtype(factor)


def _gives(value: Any) -> Call:
    return lambda inputs: {"rows": value}  # noqa: ARG005 (a version that needs no inputs)


def _changes(inputs: dict[str, Any]) -> dict[str, Any]:
    inputs["data"][0, 0] += 1
    return {"rows": _host(1)}
