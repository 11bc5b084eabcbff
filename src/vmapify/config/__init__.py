"""Settings: what ``[tool.vmapify]`` and the command line decide. Imports nothing but the standard library."""

from vmapify.config.keys import KEYS, OUTPUT_FORMATS, Key
from vmapify.config.load import FILES, ConfigError, inside, load_settings, nearest
from vmapify.config.settings import DEFAULT_EXCLUDE, Settings

__all__ = [
    "DEFAULT_EXCLUDE",
    "FILES",
    "KEYS",
    "OUTPUT_FORMATS",
    "ConfigError",
    "Key",
    "Settings",
    "inside",
    "load_settings",
    "nearest",
]
