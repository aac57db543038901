"""What the four services have in common. Knows none of them."""

__version__ = "0.1.0"
