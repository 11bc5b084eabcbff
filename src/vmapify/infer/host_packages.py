"""What packages that compute on the host give: data frames, distributions, models of other frameworks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.callables import External, Function
from vmapify.infer.value import Kind, Value, holds_tracer
from vmapify.syntax import loads, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.infer.callables import Arguments, Frame
    from vmapify.infer.machine import Machine

HOST_ROOTS = frozenset(
    {
        *("numpy", "scipy", "math", "cmath", "statistics", "numba", "pandas", "polars", "pyarrow", "xarray", "h5py"),
        *("netCDF4", "sklearn", "skimage", "statsmodels", "sympy", "mpmath", "networkx", "PIL", "cv2", "imageio"),
        *("torch", "torchvision", "tensorflow", "paddle", "mxnet", "onnxruntime", "cupy"),
        *("astropy", "colossus", "healpy", "camb", "classy", "pyccl", "galpy", "yt", "obspy", "lightkurve"),
        *("pyscf", "ase", "rdkit", "openmm", "mdtraj", "MDAnalysis", "pymatgen", "spglib", "phonopy", "qutip"),
        *("gym", "gymnasium", "pybullet", "cvxpy", "casadi", "nlopt", "lmfit", "emcee", "dynesty", "filterpy"),
        *("librosa", "soundfile", "nibabel", "SimpleITK", "trimesh", "meshio", "shapely", "gmsh", "rasterio"),
        *("control", "pywt", "faiss", "nltk", "spacy", "igraph", "pyvista"),
    }
)
# what these give is looked up by name and compares with anything but a tracer
FRAMES = ("pandas.read_", "pandas.DataFrame", "pandas.Series", "pandas.concat", "pandas.merge")
NO_OBJECTS = {"numpy", "math", "cmath", "statistics"}


def made_by(name: str) -> Value:
    """What the host function ``name`` gives, where it may be an object that goes on computing on the host."""
    known = name.partition(".")[0] not in NO_OBJECTS
    return Value(Kind.UNKNOWN, target=External(name) if known else None)


def maker(value: Value) -> str | None:
    """The host function that made the object ``value``."""
    made = value.kind is Kind.UNKNOWN and isinstance(value.target, External)
    return value.target.name if made and isinstance(value.target, External) else None


def is_frame(value: Value) -> bool:
    """Whether ``value`` is a table or a column of one."""
    return (maker(value) or "").startswith(FRAMES)


def compares(machine: Machine, values: Iterable[Value], node: ast.AST, frame: Frame) -> bool:
    """Whether a column of a table meets a traced value, which is then told."""
    every = tuple(values)
    if not (any(is_frame(value) for value in every) and any(holds_tracer(value) for value in every)):
        return False
    machine.event("fatal", "non-jax-callee", "data-frame", node, frame, expression=node)
    return True


def calls_back(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> bool:
    """Whether a host function gets a function that uses a traced value of the iteration, which is then told."""
    for value in args.every:
        if not isinstance(value.target, Function):
            continue
        inside = value.target.node
        body = [inside.body] if isinstance(inside, ast.Lambda) else inside.body
        own = {one.arg for one in walk(inside.args) if isinstance(one, ast.arg)} | stored_names(body)
        closed = value.target.frame.values
        used = [name for name in sorted(loads(body) - own) if name in closed and holds_tracer(closed[name])]
        if used:
            machine.event("fatal", "non-jax-callee", "calls-back", node, frame, callee=node.func, value=used[0])
            return True
    return False


def method(machine: Machine, receiver: Value, args: Arguments, node: ast.Call, frame: Frame) -> bool:
    """Whether a method of a host object is called with a traced value, which is then told."""
    made = maker(receiver)
    if made is None or not args.traced:
        return False
    package = made.partition(".")[0]
    machine.event(
        "fatal", "non-jax-callee", "method-on-host", node, frame, callee=node.func, maker=made, package=package
    )
    return True
