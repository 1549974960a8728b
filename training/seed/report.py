"""The outcome of the seed's experiment in words."""

from __future__ import annotations

from typing import Any

from happysad_live.core.counts import counted
from training.judging.text import interval_text
from training.seed.data import COPIES


def findings(facts: dict[str, Any]) -> str:
    """The table of trials and the conclusions, Markdown. facts: the content of ``seed.json``."""
    counts = facts["tests"]
    count = len(facts["unreadable"])
    unread = f"{counted(count, 'file')}, of these or from elsewhere, could not be read. " if count else ""
    lines = [
        f"{facts['pictures']} pictures of {facts['data']}, {counted(facts['epochs'], 'epoch')}; tested on "
        f"the part that was kept apart{_further_tests(facts)}. "
        f"{facts['share_with_near_duplicate']:.0%} of the pictures have a near-duplicate among them. "
        f"{unread}Precision and recall are those of sad.",
        "",
        "| trained on | train / val / test | precision | recall | accuracy"
        + "".join(f" | accuracy on {name}" for name in counts)
        + " |",
        "|---" * (5 + len(counts)) + "|",
    ]
    for trial in facts["trials"]:
        sizes, test = trial["pictures"], trial["test"]
        accuracies = (interval_text(trial[place]["figures"]["accuracy"]) for place in ("test", *counts))
        lines.append(
            f"| {trial['name']} | {sizes['train']} / {sizes['val']} / {sizes['test']} "
            f"| {test['precision']:.2f} | {test['recall']:.2f} | {' | '.join(accuracies)} |"
        )
    return "\n".join([*lines, "", *_verdict(facts)])


def _further_tests(facts: dict[str, Any]) -> str:
    described = {
        "others": f"others of {facts['data']}, of which it had seen neither themselves nor near-duplicates",
        "elsewhere": f"faces from elsewhere ({facts['elsewhere']})",
    }
    further = "".join(f" and on {count} {described[name]}" for name, count in facts["tests"].items())
    return further or "; no other picture was left to test on (--elsewhere names another folder)"


def _verdict(facts: dict[str, Any]) -> list[str]:
    loose, tight = facts["trials"][-2:]  # the pair that ``optimism`` compares
    lines = []
    if len(facts["trials"]) > 2:
        lines += [
            "These pictures hold few near-duplicates, so that the first two rows hardly differ but by "
            "chance. To show what duplicates do, the same network was also trained on a set of the same "
            f"size in which each picture occurs {COPIES} times, cut, lit and compressed a little "
            "differently, as the web passes pictures on.",
            "",
        ]
    if facts["optimism"]["against"] == "others":
        honest = (
            f"on other pictures of the same set that network is right in {loose['others']['accuracy']:.2f}"
        )
    else:
        honest = f"with duplicates kept together it says {tight['test']['accuracy']:.2f}"
    lines.append(
        f"With duplicates on both sides of the split the test says {loose['test']['accuracy']:.2f}; "
        f"{honest}. The difference is {interval_text(facts['optimism'])}."
    )
    if "elsewhere" in loose:
        lines[-1] += f" On faces from elsewhere it is right in {loose['elsewhere']['accuracy']:.2f}."
    plain = facts["trials"][0]
    is_known = plain is not loose and facts["optimism"]["against"] == "others"
    if is_known and plain["test"]["accuracy"] > plain["others"]["accuracy"]:
        lines[-1] += (
            f" Not all of it is due to the copies: without them the test says "
            f"{plain['test']['accuracy']:.2f} and the other pictures {plain['others']['accuracy']:.2f}."
        )
    if facts["optimism"]["low"] > 0:
        lines.append(
            "So a high score on such a split measures how well the network remembers pictures, not how "
            "well it reads faces. The seed's 1.0, on 32 pictures, proves neither: even 32 of 32 without "
            "duplicates would only say that the true accuracy is probably above .89."
        )
    else:
        lines.append(
            "So few pictures do not show whether the duplicates matter here. The seed's 1.0 still says "
            "little: 32 of 32 right only says that the true accuracy on such pictures is probably above .89."
        )
    return lines
