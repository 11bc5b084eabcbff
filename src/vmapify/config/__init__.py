"""Settings: what ``[tool.vmapify]`` and the command line decide. Imports nothing but the standard library."""

from vmapify.config.load import ConfigError, load_settings
from vmapify.config.settings import DEFAULT_EXCLUDE, Settings

__all__ = ["DEFAULT_EXCLUDE", "ConfigError", "Settings", "load_settings"]
