"""Arguments of a command line: a parser that complains in one sentence, and the types of what it takes."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn

from happysad_live.errors import UsageError
from happysad_live.paths import home_expanded


class SentenceParser(argparse.ArgumentParser):
    """An argument parser that raises one sentence instead of printing its usage over many lines."""

    def error(self, message: str) -> NoReturn:
        if choice := re.fullmatch(r"(.*): invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
            argument, given, choices = choice.groups()
            choices = choices.replace("'", "")  # which later versions of Python leave out
            message = f"{argument}: “{given}” is none of {choices}"
        raise UsageError(f"{message[:1].upper()}{message[1:]}; {self.prog} --help lists what there is.")


def positive_number(text: str) -> float:
    """An argparse type: a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"“{text}” is not a number above 0")
    return number


def positive_count(text: str) -> int:
    """An argparse type: a whole number above 0."""
    if not is_whole_number(text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number above 0")
    return int(text)


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number from 0 on, of 18 digits at most: ``int`` refuses some thousands."""
    return text.isdecimal() and len(text) <= 18


def named_model(text: str) -> str:
    """An argparse type: a model's name or folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a model's name is empty")
    return text


def named_path(text: str) -> Path:
    """An argparse type: a path, ``~`` being the home folder also where the shell left it."""
    if not text:
        raise argparse.ArgumentTypeError("a path is empty")
    return home_expanded(text)
