"""The capture process: interface in, WAV files, journal and levels out; no SQL, no screen, no serial."""
