"""The terms of a sum or product may be combined in another order.

## What it means
Floating-point addition is not associative. The loop adds from left to right; the device adds in a tree.
The result differs in the last digits, and is usually the more accurate one.

## How it is discharged
By comparing both with a float64 rerun: the rewrite may not be further away than a small multiple of the
loop's error. Integers and `max`/`min` have no rounding and are compared exactly.
"""
