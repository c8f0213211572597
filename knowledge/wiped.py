"""Memory that is handed on is wiped first.

An index that Chroma has just made is written to disk as it was reserved (1.5: `data_level0.bin`, `length.bin`), with
whatever stood there before: of tickets, pages and tokens that were read, unmasked.
"""

import ctypes

M_PERTURB = -6
"""Of glibc's `mallopt`: what is freed is filled with this byte, what is reserved with its complement, which is 0."""
FREED = 0xFF


def wipe_what_is_handed_on() -> bool:
    """For this process, from now on. False where the C library cannot (musl, macOS)."""
    try:
        return bool(ctypes.CDLL(None).mallopt(M_PERTURB, FREED))
    except (OSError, AttributeError):
        return False
