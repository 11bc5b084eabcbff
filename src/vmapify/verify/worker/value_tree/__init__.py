"""What a value is made of: its kinds, its leaves, and how one is made anew from others."""
