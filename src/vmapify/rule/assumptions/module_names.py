"""No other module imports a name that changes with the loop.

## What it means
The variables of a loop at the top level of a module are names of that module: the list of results, the loop variable, what
is assigned on the way. Another module may import them (`from m import rows`, `m.rows`), and the rewrite takes them away or
leaves something else in them. The file itself and the project around it do not read them; code that nobody sees may.
Names with a leading underscore, names that are deleted or get another value behind the loop, and loops in functions or
under `if __name__ == "__main__":` rest on nothing of the kind.

## How it is discharged
By running your program as a whole with the rewrites in place: an import that fails, or another output, shows it. What your
program does not run shows nothing; a loop in a function has no such names.
"""
