"""All items of a list have the same structure, shapes and dtypes.

## What it means
The list is stacked into one array before it is mapped over. Items of different shapes cannot be stacked;
items of different dtypes are promoted to a common one, which the loop would not have done.

## How it is discharged
By the lists that occur when your code runs.
"""
