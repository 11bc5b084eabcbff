"""Fit a spectral line to each of many noisy spectra. Run it: python examples/spectra.py

Five loops. Four compute independent examples one after the other and could be one `jax.vmap` call each. The loop in
`fit` is a recurrence: every step starts from the parameters of the step before, so it has to stay.
"""

import jax
import jax.numpy as jnp

WAVELENGTHS = jnp.linspace(-5.0, 5.0, 128)
STEPS = 20
RATE = 1.0


def line(params: jax.Array) -> jax.Array:
    """A Gaussian line: height, centre and width to intensities."""
    height, centre, width = params
    return height * jnp.exp(-(((WAVELENGTHS - centre) / width) ** 2))


def misfit(params: jax.Array, spectrum: jax.Array) -> jax.Array:
    return jnp.mean((line(params) - spectrum) ** 2)


def simulate(true_params: jax.Array, keys: jax.Array) -> jax.Array:
    """One noisy spectrum for each row of parameters."""
    spectra = []
    for params, key in zip(true_params, keys, strict=True):
        noise = 0.05 * jax.random.normal(key, WAVELENGTHS.shape)
        spectra.append(line(params) + noise)
    return jnp.stack(spectra)


def guesses(spectra: jax.Array) -> jax.Array:
    """Starting parameters: the highest point of each spectrum, and a width of one."""
    start = jnp.zeros((spectra.shape[0], 3))
    for i in range(spectra.shape[0]):
        peak = jnp.argmax(spectra[i])
        start = start.at[i].set(jnp.array([spectra[i, peak], WAVELENGTHS[peak], 1.0]))
    return start


@jax.jit
def fit(params: jax.Array, spectrum: jax.Array) -> jax.Array:
    """Gradient descent on one spectrum."""
    for _ in range(STEPS):
        params = params - RATE * jax.grad(misfit)(params, spectrum)
    return params


def fit_all(start: jax.Array, spectra: jax.Array) -> jax.Array:
    return jnp.stack([fit(params, spectrum) for params, spectrum in zip(start, spectra, strict=True)])


def total_misfit(fitted: jax.Array, spectra: jax.Array) -> jax.Array:
    total = jnp.zeros(())
    for i in range(spectra.shape[0]):
        total = total + misfit(fitted[i], spectra[i])
    return total


def main() -> None:
    low, high = jnp.array([0.5, -2.0, 0.5]), jnp.array([2.0, 2.0, 1.5])
    true_params = jax.random.uniform(jax.random.key(0), (32, 3), minval=low, maxval=high)
    spectra = simulate(true_params, jax.random.split(jax.random.key(1), 32))
    fitted = fit_all(guesses(spectra), spectra)
    print(f"misfit of all spectra: {total_misfit(fitted, spectra):.4f}")
    print(f"largest error of a centre: {jnp.max(jnp.abs(fitted[:, 1] - true_params[:, 1])):.4f}")


if __name__ == "__main__":
    main()
