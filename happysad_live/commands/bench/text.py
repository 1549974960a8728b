"""The figures of ``bench`` as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from happysad_live.commands.bench.stage_names import STAGES
from happysad_live.core.counts import counted, percent
from happysad_live.terminal import table_lines


def report_text(report: dict[str, Any]) -> str:
    """A few small tables. report: what ``bench --json`` prints."""
    return "\n".join([*_machine(report), *(_live(report) if "live" in report else _stages(report))])


def _machine(report: dict[str, Any]) -> Iterator[str]:
    machine = report["machine"]
    memory = f", {machine['memory_gb']:g} GB" if machine["memory_gb"] else ""
    yield f"{machine['processor']}, {counted(machine['cores'], 'core')}{memory}, {machine['system']}"
    yield f"{report['date']}, model {report['model']}"


def _live(report: dict[str, Any]) -> Iterator[str]:
    live = report["live"]
    yield ""
    yield f"The window on {live['source']}, {live['seconds']:g} s from its first labels on:"
    share = 100 * live["shown"] / max(live["frames"], 1)
    yield f"  frames       {live['frames']}, shown with labels {live['shown']} ({share:.1f} %)"
    yield f"  rate         {live['shown_per_s']:.1f} frames a second"
    delay = live["delay_ms"]
    if delay["median"] is not None:
        yield f"  delay        {delay['median']:.0f} ms, 95 % within {delay['p95']:.0f} ms"
    yield f"  processor    {live['cpu_percent_of_a_core']:.0f} % of one core"
    if live["peak_mb"] is not None:
        yield f"  memory       at most {live['peak_mb']:.0f} MB"
    if "recorded" in live:
        yield f"  recorded     {counted(live['recorded'], 'frame')}, {live['dropped']} dropped"


def _stages(report: dict[str, Any]) -> Iterator[str]:
    measured = report["stages"]
    yield ""
    yield "Milliseconds a frame, median (95th percentile); “frame” is everything before it:"
    rows = [["", *(entry["source"] for entry in measured)]]
    for stage in STAGES:
        found = [entry["stages_ms"].get(stage) for entry in measured]
        if any(found):
            rows.append([stage, *(f"{v['median']:.2f} ({v['p95']:.2f})" if v else "–" for v in found)])
    alone = [entry["networks_ms"] for entry in measured]
    rows.append(["networks alone", *(f"{ms['detect']:.2f} + {ms['classify']:.2f}" for ms in alone)])
    rows.append(["outside them", *(percent(entry["outside_networks"]) for entry in measured)])
    yield from _indented(rows)
    yield ""
    yield "The classifier alone, as scripts use it, milliseconds for so many faces:"
    yield from _indented(_classifier_rows(report["classifier_ms"]))
    yield ""
    yield "Start-up, seconds:"
    steps = report["start_up_s"].items()
    yield from _indented([[name.replace("_", " "), "–" if s is None else f"{s:.2f}"] for name, s in steps])
    memory = report["memory_mb"]
    yield ""
    if memory["window_peak"] is not None:
        yield f"The window took at most {memory['window_peak']:.0f} MB of memory."
    if memory["growth"] is not None:
        yield f"The stages grew by {memory['growth']:.1f} MB over {memory['frames']} frames."


def _classifier_rows(models: dict[str, dict[str, float]]) -> list[list[str]]:
    batches = list(next(iter(models.values())))
    return [
        ["", *batches],
        *([name, *(f"{times[b]:.2f}" for b in batches)] for name, times in models.items()),
    ]


def _indented(rows: list[list[str]]) -> list[str]:
    return [f"  {line}" for line in table_lines(rows)]
