"""Rooms: what stands in them, what their air does, and how long sound is on its way through it."""
