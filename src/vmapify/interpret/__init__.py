"""Running statements and expressions over values and a heap: what is not modelled is unknown and may change all it reaches."""
