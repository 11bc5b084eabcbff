"""What is kept from one run to the next: findings, and all that was said."""
