"""The items have the rank that the rewrite takes them to have.

## What it means
What a collector such as `concatenate`, or an axis counted from the end, does depends on the number of
dimensions of one result. So does a conversion to a Python number, which takes an array with a single entry.
The rewrite is right for the rank named in the message.

## How it is discharged
By evaluating the shapes of both versions. A jaxtyping annotation on the result proves it.
"""
