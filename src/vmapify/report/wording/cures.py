"""What to do: the usual advice for a code, and what is chosen by the shape of a loop rather than by codes."""

from __future__ import annotations

USUAL = {
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
    "kernel-body": "keep it: kernels know few batched operations; `jax.vmap` around the call of `pallas_call` maps whole calls",
    "memory-bound": "`jax.lax.map(f, xs, batch_size=b)` computes `b` rows at once and needs no more memory than those",
    "no-mapped-value": "compute it once and repeat it: `jnp.broadcast_to(y, (n, *y.shape))`",
    "nothing-computed": "take the array as a whole: `xs[:, 0]`, `xs[order]`, `jnp.asarray(xs)`, `xs.sum(axis=0)`",
    "numpy-semantics": "convert once before the loop: `xs = jnp.asarray(xs)`",
    "aliasing": "copy what must survive, or do not donate it",
    "late-binding": "bind it when the closure is made: `lambda x, i=i: …`",
    "zip-lengths": "cut the longer one to length before the loop",
    "random-stream-changes": "`keys = jax.random.split(key, n)` before the loop draws other numbers; it is yours to decide",
}

CURES = {
    "draw-keys": (
        "draw all keys at once, `keys = jax.random.split({name}, {count})`, and map over `keys`; "
        "the random numbers become others, so it is yours to decide"
    ),
    "count": "`{name}` only counts: take the index from `enumerate`, {name} is its start plus the index",
    "count-by": "`{name}` only counts: take the index from `enumerate`, {name} is its start plus the index times {step}",
    "join-once": "`{name}` only grows: compute the rows with one `jax.vmap`, then join once, `jnp.concatenate([{name}, rows])`",
    "extremum": "compute all values that `{test}` compares with one `jax.vmap`, then take `jnp.min`, `jnp.argmin` or the like",
    "scan": (
        "`def step({carry}, {target}): …; return {state}, {row}` and "
        "`{state}, {rows} = jax.lax.scan(step, {state}, {over})`"
    ),
    "scan-reversed": (
        "`def step({carry}, {target}): …; return {state}, {row}` and "
        "`{state}, {rows} = jax.lax.scan(step, {state}, {over}, reverse=True)`"
    ),
    "carry-earlier": (
        "carry what an iteration needs of earlier ones: `jax.lax.scan(lambda row, x: (new, new), first, xs)`; "
        "for a running sum, product or extremum `jnp.cumsum` and its like do it alone"
    ),
    "by-hand": "write the `vmap` by hand, then let `vmapify verify BEFORE AFTER` judge it",
    "only-codes": "remove the VM codes from it",
}
