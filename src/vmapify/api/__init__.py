"""What other programs call: findings of a text or file, and a verdict on two versions, as values."""

from vmapify.api.checking import check
from vmapify.api.judging import NotEquivalentError, assert_equivalent, verify

__all__ = ["NotEquivalentError", "assert_equivalent", "check", "verify"]
