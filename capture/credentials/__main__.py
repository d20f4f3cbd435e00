"""Runs one job of the signing process."""

from capture.credentials.worker import main

main()
