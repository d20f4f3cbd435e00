"""`python -m capture.recorder CONFIG.json`."""

import sys

from capture.recorder.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
