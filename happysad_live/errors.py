"""The errors a user can meet, each carrying one sentence that says what to do.

Adapters turn a library's failure into one of these with ``raise ... from``; commands and threads
show ``str(error)`` and nothing else.
"""

import errno

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The system's error numbers for a disk or quota without room, or a file that may not grow."""

NO_FILES_FAULT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""The system's error numbers for what no file is to blame for."""

NO_MORE_THREADS = "The system lets this program do no more at once: close other programs, then try again."
"""Says to the user that a thread could not be started: their number is limited, as in a container."""

NO_MORE_FILES = "The system lets this program open no more files: close other programs, then try again."

NO_MEMORY = "There is not enough memory: close other programs, then try again."

_OPENCV_NO_MEMORY = -4
"""The ``code`` of a ``cv2.error``."""


class HappySadError(Exception):
    """Base of every error whose text is meant for the user."""


class UsageError(HappySadError):
    """The request itself is wrong (an option, a name, a combination): exit code 2."""


class SourceError(HappySadError):
    """A camera, file, stream or folder cannot be opened or read."""


class ModelError(HappySadError):
    """A model bundle is missing, incomplete, damaged or does not fit."""


class MissingLabelError(ModelError):
    """A model lacks one of the labels that the user wants shown alone."""


class RecordingError(HappySadError):
    """A clip or a label file cannot be written or read."""


class TrainingError(HappySadError):
    """Training data, a training config or a run folder is unusable."""


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error of the system, Python, NumPy, FFmpeg or OpenCV says that there is not enough memory.

    Where NumPy has none for OpenCV's result, Python raises a SystemError from it.
    """
    return any(
        isinstance(one, MemoryError)
        or getattr(one, "code", None) == _OPENCV_NO_MEMORY
        or (isinstance(one, OSError) and one.errno == errno.ENOMEM)
        for one in (error, error.__cause__)
    )


def unexpected_text(error: BaseException, otherwise: str) -> str:
    """A sentence on an error that nobody expects: that memory or open files lack, or else ``otherwise``."""
    if is_lack_of_memory(error):
        return NO_MEMORY
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return NO_MORE_FILES
    return otherwise
