"""The heap of the prover: every object that can change, by the place where it was made, and one way to change it."""
