"""What does a watched machine or app need to tell Tocsin what happened? Only this package: nothing but the standard
library, and nothing of the service's own."""

from tocsin_client.sending import tell

__all__ = ["tell"]
