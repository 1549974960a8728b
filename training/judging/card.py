"""``happysad-train card``: a model's card, made from its ``model.json`` and its evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from happysad_live.classification.bundle import CARD_NAME, INFO_NAME, ModelBundle, load_bundle
from happysad_live.classification.bundle_writer import complete_bundle, write_info
from happysad_live.core.counts import counted
from happysad_live.errors import TrainingError
from training import NO_LICENCE
from training.drawn_faces import drawn_crops
from training.files import read_json, taken_apart, write_text, writing
from training.judging.evaluate import REPORT_NAME
from training.judging.judge import SCHEMA
from training.judging.text import (
    NO_INTERVAL,
    P_IS_ALONE,
    confusion_rows,
    few_clusters,
    interval_text,
    is_twice_told,
    not_judged,
    p_value_text,
    report_rows,
    robustness_rows,
)
from training.network_config import CORE_SIZE_PX, INNER_SIZE_PX

_METRIC_TITLES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "roc_auc": "ROC-AUC, each class against the rest",
    "calibration_error": "calibration error",
    "happy_against_sad/balanced_accuracy": "happy against sad: balanced accuracy",
    "happy_against_sad/roc_auc": "happy against sad: ROC-AUC",
    "happy_against_sad/calibration_error": "happy against sad: calibration error",
    "happy_or_not/balanced_accuracy": "happy or not, by its share of happy and sad: balanced accuracy",
    "happy_or_not/roc_auc": "happy or not, by its share of happy and sad: ROC-AUC",
    "called_neutral/happy": "happy called neutral",
    "called_neutral/sad": "sad called neutral",
    "neutral_called_sad": "neutral called sad",
}


def make_card(name_or_folder: str | Path, evaluations: Sequence[Path] = ()) -> Path:
    """Write a bundle's ``README.md``, a missing ``model.tflite``, and evaluations into its ``model.json``.

    evaluations: ``evaluation.json`` files, or folders with one, or with one for each of several models. They
    are added to those in ``model.json``, or replace one on the same faces. Returns the card's path. Raises
    TrainingError when an evaluation is damaged or of another model, or when the model was taught, ModelError
    when the bundle is unusable.
    """
    bundle = load_bundle(name_or_folder)
    if "parent" in bundle.info:
        raise TrainingError(
            f"“{bundle.name}” was taught one person's face: it keeps the card that says how that went."
        )
    bundle = complete_bundle(bundle, drawn_crops)
    reports = [_read_report(path, bundle) for path in evaluations]
    info = dict(bundle.info)
    with taken_apart(
        f"{bundle.folder / INFO_NAME} lacks an entry that the card tells, or has one of another kind: "
        "copy the model again."
    ):
        if reports:
            results = info.get("results", {})
            told = {_faces_of(report): report for report in (*results.get("evaluations", ()), *reports)}
            info["results"] = {**results, "evaluations": list(told.values())}
        text = card_text(info)
    path = bundle.folder / CARD_NAME
    write_text(path, text)
    if reports:
        with writing(bundle.folder):
            write_info(bundle.folder, info)
    return path


def card_text(info: Mapping[str, Any]) -> str:
    """The card of a model, Markdown. info: the whole of ``model.json``."""
    results = info.get("results", {})
    sections = [
        f"# {info['name']}",
        str(info["description"]),
        _facts(info),
        _USE.format(labels=_listed(info["labels"])),
        _training_data(info),
    ]
    if "made" in info:
        sections.append(_how_made(info))
    for note in results.get("notes", ()):
        sections.append(f"## {note['title']}\n\n{note['text']}")
    sections.append(_results(results.get("evaluations", ())))
    sections.append(_LIMITS + _limits_of_own_pictures(info["training_data"]))
    return "\n\n".join(sections) + "\n"


def _read_report(path: Path, bundle: ModelBundle) -> dict[str, Any]:
    if path.is_dir():
        several = path / bundle.name / REPORT_NAME
        path = several if several.is_file() else path / REPORT_NAME
    report = read_json(path, f"{path} is missing or damaged: make it with happysad-train evaluate --out.")
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise TrainingError(f"{path} is not an evaluation: make one with happysad-train evaluate --out.")
    if report.get("model_sha256") != bundle.sha256:
        raise TrainingError(f"{path} judges other weights than those of {bundle.name}: evaluate again.")
    with taken_apart(f"{path} is damaged: make it again with happysad-train evaluate --out."):
        _results([report])
    return report


def _faces_of(report: Mapping[str, Any]) -> tuple[str, str]:
    return report.get("faces_sha256", report["data"]), report.get("split", "")


def _facts(info: Mapping[str, Any]) -> str:
    output = info["output"]
    if output == "sigmoid":
        output = f"the probability of {info['labels'][1]} (sigmoid)"
    lines = [
        f"- Labels, in output order: {', '.join(info['labels'])}.",
        f"- Parameters: {info['parameters']:,}.",
        "- Input: one upright face, 256x256 pixels, RGB, uint8; scaling is part of the model. The crop is "
        f"{info['crop']['scale']} face sizes wide and turned so that the eyes are level, as the program "
        "itself cuts it.",
        f"- Output: {output}; temperature {info['temperature']:.3f}. Under a probability of "
        f"{info['threshold']:.2f} the program shows a face as unsure.",
        f"- Weights: SHA-256 `{info['weights_sha256']}`.",
    ]
    if licence := info.get("licence"):
        lines.append(f"- Licence: {licence}.")
    return "\n".join(lines)


def _training_data(info: Mapping[str, Any]) -> str:
    entries = info["training_data"]
    lines = ["## Training data", "", "| name | images | licence |", "|---|---:|---|"]
    lines += [
        f"| {_cell(entry['name'])} | {entry['images']:,} | {_cell(entry['licence'])} |" for entry in entries
    ]
    lines += ["", "The pictures themselves are not part of the model and are not passed on with it."]
    if start := info.get("start"):
        lines.append(
            f"Training continued from the model `{start['name']}` with the weights "
            f"`{start['weights_sha256'][:12]}…`, whose training data are included above."
        )
    return "\n".join(lines)


def _how_made(info: Mapping[str, Any]) -> str:
    lines = [
        "## How it was made",
        "",
        "A plain stack of convolutions, which sees the middle "
        f"{INNER_SIZE_PX}x{INNER_SIZE_PX} pixels of the crop, in grey, as {CORE_SIZE_PX}x{CORE_SIZE_PX}. "
        f"`happysad-train fit`: {_run(info['made'])}.",
    ]
    before = info.get("start")
    while before:
        if made := before.get("made"):
            weights = f"`{before['weights_sha256'][:12]}…`"
            lines.append(f"Before that, for the weights {weights} of `{before['name']}`: {_run(made)}.")
        before = before.get("start")
    return "\n".join(lines)


def _run(made: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    with_versions = f" ({versions})" if versions else ""
    begun = f", begun on {made['began']}" if "began" in made else ""
    return (
        f"{counted(made['epochs'], 'epoch')} of {made['views_per_epoch']:,} views, "
        f"{made['batch']} at a time, learning rate {made['learning_rate']:g}, seed {made['seed']}, on "
        f"{made['backend']} in {made['precision']}{with_versions}{begun}"
    )


def _results(reports: Sequence[Mapping[str, Any]]) -> str:
    lines = ["## Results", ""]
    if not reports:
        return "\n".join([*lines, "Not evaluated yet: `happysad-train evaluate` and `card` fill this in."])
    lines.append(
        "Each value, but for the share shown as unsure, with its 95 % interval, by a bootstrap over groups "
        "of related pictures: its percentiles; but for shares of faces (accuracy, recall, what is called "
        "something else, what flips) Wilson's, for as many independent faces as would vary as much (Korn and "
        f"Graubard, 1998). A value that is no share of faces {NO_INTERVAL} "
        "Means over classes include only those that a source has. The "
        "calibration error is that of 15 equal bins of the winner's probability; its interval is "
        "corrected for the bias of such an error, and begins at 0 where even a perfectly calibrated model "
        "could show an error as large; in simulations it held the true error in 82 to 99 of 100 cases."
    )
    for report in reports:
        lines += ["", *_report_table(report), "", *_confusion_table(report)]
        if "robustness" in report:
            lines += ["", *_robustness_table(report["robustness"])]
        if "comparison" in report:
            lines += ["", *_comparison_table(report["comparison"])]
    return "\n".join(lines)


def _report_table(report: Mapping[str, Any]) -> list[str]:
    sources: Mapping[str, Any] = report["sources"]
    lines = [f"### {report['data']}", ""]
    if undecided := report.get("undecided"):
        lines += [f"{undecided} of them are not judged: their annotators are evenly split.", ""]
    if others := report.get("of_other_classes"):
        lines += [f"{others} of them are left out: they show none of its classes.", ""]
    lines += [line for sentence in not_judged(report) for line in (sentence, "")]
    lines += [report.get("acquaintance", "Which of these faces the weights knew is not recorded."), ""]
    heading = ["", *(f"{_cell(name)} ({part['faces']})" for name, part in sources.items())]
    titles = _METRIC_TITLES | {
        f"{kind}/{label}": f"{kind} of {label}"
        for label in report["labels"]
        for kind in ("precision", "recall", "f1")
    }
    few = [text for sentence in few_clusters(report) for text in ("", sentence)]
    return [*lines, *_markdown([heading, *report_rows(report, titles)]), *few]


def _confusion_table(report: Mapping[str, Any]) -> list[str]:
    faces = next(iter(report["sources"].values()))["faces"]
    said = f"All {faces} faces: a row for what they show, a column for what they are called."
    return [said, "", *_markdown(confusion_rows(report))]


def _robustness_table(result: Mapping[str, Any]) -> list[str]:
    said = f"Robustness, on {result['faces']} of these faces, drawn evenly from the sources:"
    return [said, "", *_markdown(robustness_rows(result))]


def _comparison_table(comparison: Mapping[str, Any]) -> list[str]:
    """The paired differences from another model, such as the one that the run went on from."""
    labels: Sequence[str] = comparison["labels"]
    alone = f", by {', '.join(labels)} alone" if comparison["restricted"] else ""
    said = (
        f"Beside `{comparison['other']}`, on {comparison['faces']} faces{alone}: p is how probable so large "
        f"a difference, either way, would be were both as good. {P_IS_ALONE}"
    )
    rows = [["", f"more than `{_cell(comparison['other'])}`", "p"]]
    recalls = {f"recall/{label}": f"recall of {label}" for label in labels}
    for key, title in (_METRIC_TITLES | recalls).items():
        entry = comparison["difference"].get(key)
        if entry and not is_twice_told(key, labels):
            rows.append([title, interval_text(entry), p_value_text(entry["p_value"])])
    return [said, "", *_markdown(rows), "", f"Of `{comparison['other']}`: {comparison['acquaintance']}"]


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table. rows: all with the same number of cells; the first is the heading."""
    lines = ["|" + "".join(f" {cell} |" if cell else " |" for cell in row) for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _cell(text: str) -> str:
    """The text of a table's cell: what Markdown would take for the next column or line is replaced."""
    return " ".join(text.replace("|", "\\|").split())


def _listed(labels: Sequence[str]) -> str:
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def _limits_of_own_pictures(entries: Sequence[Mapping[str, Any]]) -> str:
    """A further limit, where the model learnt from data sets without a licence, of which nothing is known."""
    own = [entry["name"] for entry in entries if entry["licence"] == NO_LICENCE]
    if not own:
        return ""
    return (
        f"\n- Whom the pictures of {', '.join(own)} show, and who labelled them, is not recorded: where they "
        "are of few people,\n  before one camera or in one light, expect less of the model elsewhere."
    )


_USE = """## Intended use

Telling which of {labels} the expression of a face looks most like, on the user's own machine: as a toy, for
teaching, for marking up one's own clips, as a baseline for other models.

**Expression is not felt emotion.** The model sees the shape of a face in one picture. People smile when they
are sad, and look stern when they think. What it says is how other people would probably name the picture,
not what the person feels.

## Out of scope

Judging people: in hiring, school, policing, care, credit, border control, advertising or at work. Finding
out whether someone lies, is ill, or is paying attention. Watching people who have not agreed to it. In the
European Union, inferring emotions at work and in education is forbidden by the AI Act (article 5)."""

_LIMITS = """## Limits and bias

- Another crop of the same photograph is not always recognised as a copy when pictures are split: some of the
  faces judged may be other crops of photographs that the weights learnt from.
- The labels are what annotators saw, not what the people felt; annotators disagree, most of all about sad,
  fear and disgust. Part of every error above is theirs.
- Age, sex, skin colour and culture of the faces were not recorded, so results for such groups are
  **not known**; expect them to differ. Faces from the web and the press are posed, mostly adult, mostly well
  lit, with public figures and Western faces over-represented; a model that learned from one
  person's pictures knows that person. Cultures also differ in how feelings are shown.
- Not measured here, but known of such networks: more errors on children, on old faces (wrinkles read as
  sad), on faces with a beard, glasses, a mask or make-up, and on faces turned far away.
- A resting face whose mouth turns down may be called sad. What light, blur, tilt and small faces cost is
  told above, if it was measured (`evaluate --robustness`).
- One picture has no context. The program smooths over time and shows unsure for a reason."""
