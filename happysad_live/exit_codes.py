"""How a command ends: an exit code and, where it failed, one sentence."""

from __future__ import annotations

import atexit
import gc
import io
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from happysad_live.errors import DISK_FULL, HappySadError, UsageError, unexpected_text
from happysad_live.interruptions import ignore_further_signals, take_termination_as_ctrl_c
from happysad_live.stderr_log import log_to_stderr
from happysad_live.terminal import drop_output, print_message, reader_has_gone

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def run_command(program: str, command: Callable[[], int], *, debug: bool) -> int:
    """Run a command and turn whatever happens into an exit code and one sentence.

    A termination signal ends a command as Ctrl-C does: with everything written so far intact. What the
    output's encoding cannot hold, such as a file name in another one, is printed as ``\\uXXXX``.
    """
    log_to_stderr(debug)
    take_termination_as_ctrl_c()
    # Python's last search for what is not used any more takes seconds once TensorFlow is loaded, for nothing.
    atexit.register(gc.freeze)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = command()
        sys.stdout.flush()  # to find out now, not when the interpreter ends, whether it can be written
        return code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except HappySadError as error:
        if debug:
            traceback.print_exc()
        print_message(f"{program}: {error}")
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except Exception as error:
        if isinstance(error, OSError) and reader_has_gone(error):
            drop_output()  # nothing to say, and nobody to say it to
            return EXIT_FAILED
        if debug:
            traceback.print_exc()
        if isinstance(error, FileNotFoundError) and _working_folder_is_gone():
            print_message(f"{program}: The folder that this was started in is gone: start it in another one.")
            return EXIT_FAILED
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            # While something was printed: a file of ours that cannot be written is a HappySadError.
            drop_output()
            print_message(f"{program}: The results could not be written: {error.strerror}.")
            return EXIT_FAILED
        hint = "" if debug else " Run it again with --debug to see where."
        otherwise = f"Something unexpected went wrong ({type(error).__name__}: {error}).{hint}"
        print_message(f"{program}: {unexpected_text(error, otherwise)}")
        return EXIT_FAILED
    finally:
        ignore_further_signals()  # Python may still wait for a thread, and would show a traceback there


def _working_folder_is_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
