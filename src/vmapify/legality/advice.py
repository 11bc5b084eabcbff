"""Reasons as a colleague would give them: what was seen, where, and what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Reason

if TYPE_CHECKING:
    from vmapify.infer import Event
    from vmapify.loop import LoopModel, Obstacle

ADVICE = {
    "loop-carried-dependency": "make it a carry: `jax.lax.scan(lambda carry, x: (new_carry, y), init, xs)`",
    "early-exit": "compute all rows and mask with `jnp.where`, or use `jax.lax.while_loop` if stopping early matters",
    "side-effect": "move the effect out of the loop: collect the values, then act on the stacked array",
    "python-branch-on-value": "use `jnp.where(test, a, b)` or `jax.lax.cond(test, f, g, x)`, then `jax.vmap` works",
    "value-conversion": "leave the value a JAX array inside the loop and convert the stacked result once",
    "non-jax-callee": "write it with `jax.numpy`, or wrap it in `jax.pure_callback(…, vmap_method='sequential')`",
    "ragged-shapes": "pad to one length and pass a mask: `jnp.where(mask, x, 0)`",
    "heterogeneous-callees": "a different function a row cannot be batched; `jax.lax.switch(i, branches, x)` chooses one",
    "static-index": "the index must be a Python integer here; index a stacked array, or use `jax.lax.dynamic_slice`",
    "not-arrays": "if these are arrays of one shape, stack them once and annotate them (`xs: jax.Array`)",
    "results-used-elsewhere": "use the stacked array there, too, then the list is not needed",
    "opaque-callee": "annotate or import it so that its source can be found, or pass it through `jax.jit` in this file",
    "prefilled-list": "start with an empty list, and join the first entries with `jnp.concatenate` afterwards",
    "unsupported-shape": "write the rows with one plain append or `.at[i].set` an iteration",
    "reference-oracle": "nothing to do: a reference should stay independent of what it checks",
    "benchmark-baseline": "nothing to do if the loop is the baseline; otherwise write `jax.vmap` by hand",
    "memory-bound": "`jax.lax.map(f, xs, batch_size=b)` computes `b` rows at once and needs no more memory than those",
    "no-mapped-value": "compute it once and repeat it: `jnp.broadcast_to(y, (n, *y.shape))`",
    "nothing-computed": "take the array as a whole: `xs[:, 0]`, `xs[order]`, `jnp.asarray(xs)`, `xs.sum(axis=0)`",
    "numpy-semantics": "convert once before the loop: `xs = jnp.asarray(xs)`",
    "aliasing": "copy what must survive, or do not donate it",
    "late-binding": "bind it when the closure is made: `lambda x, i=i: …`",
    "zip-lengths": "cut the longer one to length before the loop",
    "random-stream-changes": "`keys = jax.random.split(key, n)` before the loop draws other numbers; it is yours to decide",
}
KEY_ADVICE = (
    "split once: `keys = jax.random.split(key, n)` and map over `keys`; the draws change, so it is yours to decide"
)


def reason_for(model: LoopModel, obstacle: Obstacle) -> Reason:
    """The reason an obstacle of the loop itself gives."""
    line = getattr(obstacle.node, "lineno", model.loop.lineno)
    advice = obstacle.advice or _advice(obstacle.code, obstacle.message)
    return Reason(obstacle.code, obstacle.message, model.module.path, line, advice)


def reason_of_event(event: Event) -> Reason:
    """The reason an event gives; its line may stand in the file of a callee."""
    return Reason(event.code, event.message, event.path, event.line, _advice(event.code, event.message))


def _advice(code: str, message: str) -> str:
    if code == "loop-carried-dependency" and any(name in message for name in ("`key`", "`rng`", "`rng_key`", "`prng`")):
        return KEY_ADVICE
    return ADVICE.get(code, "")
