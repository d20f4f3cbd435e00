"""The errors of the catalogue. None of them ever costs a take: the folders are the truth.

CatalogError            exit 1  the database refuses or cannot be reached
└── SchemaMismatch      exit 6  it was made by an older or newer Takechain
"""

from __future__ import annotations

from capture.errors import TakechainError


class CatalogError(TakechainError):
    """The database cannot be reached, is locked, or refuses."""

    code = "catalogue"


class SchemaMismatch(CatalogError):
    """The database's schema is not the one this program knows."""

    exit_code = 6
    code = "schema"
