"""A library: one folder that holds projects, sessions, slates and takes, and its own append-only files."""

from capture.library.errors import AmbiguousTake, LibraryError, NotALibrary, UnknownTake
from capture.library.store import Counter, Library, default_library, make_mirror

__all__ = [
    "AmbiguousTake",
    "Counter",
    "Library",
    "LibraryError",
    "NotALibrary",
    "UnknownTake",
    "default_library",
    "make_mirror",
]
