"""Why a loop must stay: one module a reason code."""
