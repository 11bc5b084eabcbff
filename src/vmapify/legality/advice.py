"""Reasons as a colleague would give them: what was seen, where, and what to do instead."""

from __future__ import annotations

import re
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
    "opaque-callee": "if it computes with JAX throughout, show it: a `jax.jit` of it in this file, or an import to follow",
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

# what a message of that code says, and the advice for it; groups of the first stand as {0}, {1} in the second
CLOSER: list[tuple[str, str, str]] = [
    (
        "static-index",
        r"the slice bound `(.+?)`",
        "cut pieces of a fixed length: `jax.lax.dynamic_slice_in_dim(xs, start, size)`; JAX must know how long they are",
    ),
    (
        "static-index",
        r"`(.+)` is a Python (?:list|tuple)",
        "stack it once before the loop, `jnp.stack({0})`, if its entries have one shape",
    ),
    (
        "static-index",
        r"(?:`.+` is a Python dict|`.+` is the key|`.+` looks up)",
        "take the entries out in order before the loop and stack them, or keep the loop: a dict has no traced keys",
    ),
    (
        "static-index",
        r"`range` needs",
        "run over the longest range and mask what is too much: `jnp.where(j < n, value, 0)`",
    ),
    (
        "static-index",
        r"`(.+)` uses a value that changes with the loop as",
        "a shape, an axis or a static argument must be the same for all rows: compute the largest and mask, or keep the loop",
    ),
    ("static-index", r"argument .+ is static", "make it an array argument of the jitted function, or keep the loop"),
    (
        "python-branch-on-value",
        r"`(.+)` is decided in Python",
        "choose on the device: `jnp.where({0}, a, b)`, or `jax.lax.cond({0}, f, g, x)` if both are expensive",
    ),
    (
        "python-branch-on-value",
        r"`(.+)` takes something up only if `(.+)`",
        "take up nothing instead: `{0} += jnp.where({1}, value, 0)`, or the neutral value of the operation",
    ),
    (
        "python-branch-on-value",
        r"`(.+)` is a chained comparison",
        "write `(a < b) & (b < c)`, and `jnp.where` for what depends on it",
    ),
    (
        "python-branch-on-value",
        r"`(.+)` may answer differently",
        "test the type before the loop; a row of an array is an array",
    ),
    (
        "python-branch-on-value",
        r"`(.+)` compares values in Python",
        "use the `jnp` function of that name (`jnp.maximum`, `jnp.minimum`, `jnp.sort`)",
    ),
    (
        "loop-carried-dependency",
        r"`(.+)` (?:is written, and the object|writes a variable that)",
        "give the new value back from the iteration and make it a carry: `jax.lax.scan(step, state, xs)`",
    ),
    (
        "loop-carried-dependency",
        r"`(.+?)(?:\.\w+\(…\))?` (?:is changed in place|changes|grows in place)",
        "give the values back from the iteration and build `{0}` from the stacked result; as a state, carry it: `jax.lax.scan`",
    ),
    (
        "early-exit",
        r"`if .+` raises, or does not",
        "check all rows at once before or after the loop, or use `jax.experimental.checkify`",
    ),
    ("early-exit", r"`raise`", "check all rows at once before or after the loop, or use `jax.experimental.checkify`"),
    ("early-exit", r"`continue`", "compute all rows and choose: `jnp.where(skip, neutral, value)`"),
    (
        "early-exit",
        r"`break`",
        "`jax.lax.while_loop` stops early; otherwise compute all rows and mask what comes after",
    ),
    (
        "side-effect",
        r".*draw would be shared",
        "draw before the loop: `keys = jax.random.split(key, n)` and `jax.random`; the numbers become others",
    ),
    (
        "side-effect",
        r"`.*(?:block_until_ready|copy_to_host).*`",
        "wait once, for the stacked result: `jax.block_until_ready(out)`",
    ),
    (
        "side-effect",
        r"`.*time.*` is an effect",
        "time the whole `vmap` (with `jax.block_until_ready`), not every single row",
    ),
    (
        "side-effect",
        r"`next` is an effect",
        "take everything out before the loop: `values = [next(it) for _ in range(n)]`; keys come from `jax.random.split`",
    ),
    ("side-effect", r"`with .+`", "open it once around the loop"),
    ("side-effect", r"`del|`import|`from", "move the statement out of the loop"),
    (
        "ragged-shapes",
        r".*(?:selects by a mask|the shape of)",
        "keep the length and mask: `jnp.where(mask, x, 0)`, or give `size=` where the function takes it",
    ),
    (
        "ragged-shapes",
        r"`(.+)` grows only if `(.+)`|the filter `if (.+)`",
        "compute all rows with `jax.vmap`, then drop some: `out[mask]`",
    ),
    ("ragged-shapes", r"`(.+)` grows several times", "collect one array an iteration, and reshape the stacked result"),
    (
        "ragged-shapes",
        r".*(?:nothing shows that they (?:have|are arrays of) one shape|different shapes)",
        "pad to one length and pass a mask; if they have one shape, `jnp.stack` them once before the loop",
    ),
    (
        "not-arrays",
        r".*(?:arrays have no attribute|compares with a string|looks up a string)",
        "if all rows hold arrays of the same shapes, stack them into one pytree with `jax.tree.map`; otherwise keep the loop",
    ),
    (
        "not-arrays",
        r"`(.+)` iterates over a dict",
        "if the values are arrays of one shape: `jnp.stack(list(d.values()))`; otherwise keep the loop",
    ),
    ("not-arrays", r"`(.+)` is a plain number computed", "`jnp.arange` and arithmetic on it need no loop"),
    (
        "not-arrays",
        r"(?:an iteration gives|`.+` gives None)",
        "give an array back from every iteration; a loop for its effects stays a loop",
    ),
    ("not-arrays", r"`(.+)` is a single key", "`jax.random.split({0}, n)` makes keys to map over"),
    (
        "not-arrays",
        r"nothing shows that `(.+)` is an array",
        "if it is one, annotate it (`jax.Array`) or make it one: `jnp.asarray({0})`",
    ),
    (
        "results-used-elsewhere",
        r"the lists? .+ never stacked",
        "stack it, too, if its rows are arrays of one shape; otherwise keep the loop",
    ),
    ("results-used-elsewhere", r"`(.+)` is global or nonlocal", "return the result and let the caller store it"),
    ("results-used-elsewhere", r"`(.+)` may see every variable", "pass on what it needs by name"),
    (
        "unsupported-shape",
        r"`reversed` of an index range",
        "run over the range forwards and turn the stacked array round: `out[::-1]`",
    ),
    (
        "unsupported-shape",
        r"`(.+)` is written at `(.+)`, which",
        "compute all values with `jax.vmap`, then write them at once: `{0} = {0}.at[indices].set(values)` (or `.add`)",
    ),
    ("unsupported-shape", r"`(.+)` is written \d+ times", "put the parts of a row together first and write it once"),
    ("unsupported-shape", r"`(.+)` takes something up", "add up within the iteration first, then take that up once"),
    ("unsupported-shape", r".*makes an axis of their own", "stack the entries first: `jnp.stack(row)`"),
    ("unsupported-shape", r"a function in a class body", "move the loop into a function or method"),
    (
        "unsupported-shape",
        r".*(?:`enumerate`|`zip`|`range`)",
        "unpack in the loop header: `for i, x in enumerate(xs):`",
    ),
    (
        "non-jax-callee",
        r".*is a NumPy array and cannot hold",
        "make it a JAX array and write `{0} = {0}.at[i].set(value)`",
    ),
    (
        "non-jax-callee",
        r".*table of pandas",
        "take the columns out as arrays before the loop: `jnp.asarray(table['x'])`",
    ),
    ("non-jax-callee", r"`(.+)` is a generator", "give an array back instead of yielding"),
    (
        "opaque-callee",
        r"nothing here shows what `(.+)` (?:is|does)",
        "if it computes with JAX throughout, write the `jax.vmap` and let `vmapify verify` judge it, or `jax.jit` it here",
    ),
    (
        "opaque-callee",
        r"whether `(.+)` can be batched",
        "try `jax.vmap` on it; where that fails, `jax.lax.map(f, xs)` always works",
    ),
    (
        "opaque-callee",
        r"`(.+)` calls itself",
        "write the `jax.vmap` by hand, then let `vmapify verify BEFORE AFTER` judge it",
    ),
]


def reason_for(model: LoopModel, obstacle: Obstacle) -> Reason:
    """The reason an obstacle of the loop itself gives."""
    line = getattr(obstacle.node, "lineno", model.loop.lineno)
    advice = obstacle.advice or advice_on(obstacle.code, obstacle.message)
    return Reason(obstacle.code, obstacle.message, model.module.path, line, advice)


def reason_of_event(event: Event) -> Reason:
    """The reason an event gives; its line may stand in the file of a callee."""
    return Reason(event.code, event.message, event.path, event.line, advice_on(event.code, event.message))


def advice_on(code: str, message: str) -> str:
    """What to do about what ``message`` says: the closest advice there is, else that for the code."""
    for wanted, says, advice in CLOSER:
        found = re.match(says, message) if wanted == code else None
        if found is not None:
            return advice.replace("{0}", _group(found, 0)).replace("{1}", _group(found, 1))
    return ADVICE.get(code, "")


def _group(found: re.Match[str], position: int) -> str:
    groups = [group for group in found.groups() if group]
    return groups[position] if position < len(groups) else "x"
