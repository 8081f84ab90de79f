"""The local stand-ins for the outside world."""
