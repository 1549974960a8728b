"""A taught model as a new bundle in the user's folder; the model that was taught is never changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from happysad_live.classification.bundle import CARD_NAME, ModelBundle, load_bundle
from happysad_live.classification.bundle_writer import write_bundle
from happysad_live.classification.runtime import load_network
from happysad_live.core.counts import counted
from happysad_live.core.numbered import numbered
from happysad_live.core.replacing import once_released
from happysad_live.paths import models_dir, user_models_dir
from training.drawn_faces import drawn_crops
from training.faces.seen_faces import SEEN_NAME
from training.files import write_text, writing
from training.network_config import LAST_LAYER
from training.teaching.last_layer import LastLayer
from training.teaching.verdict import TeachFigures, not_shown, still_missed

_UNFINISHED = ".unfinished"

_INHERITED = ("start", "is_threshold_new")
"""Entries of ``model.json`` on the weights' history that hold for a taught model as well."""


def parent_of(bundle: ModelBundle) -> str | None:
    """The name of the model that a taught model was made from; None for a model that was not taught."""
    parent = bundle.info.get("parent")
    return str(parent["name"]) if isinstance(parent, dict) and "name" in parent else None


@dataclass(frozen=True, slots=True)
class TeachOutcome:
    """The outcome of teaching.

    parent: the model that was taught. last_layer: the retrained one. pictures: how many it learnt from.
    before, after: the figures on the person's held-out seconds. general_*: those on other people's faces.
    accepted: whether the taught model may be kept.
    reason: why it was refused, or what it is good for: a few sentences for the user.
    """

    parent: ModelBundle
    last_layer: LastLayer
    pictures: int
    before: TeachFigures
    after: TeachFigures
    general_before: TeachFigures
    general_after: TeachFigures
    accepted: bool
    reason: str

    @property
    def still_missed(self) -> tuple[str, ...]:
        """The person's own expressions that are named wrong more often than right."""
        return still_missed(self.after)

    def write(self, name: str, folder: Path | None = None) -> ModelBundle:
        """Write the bundle ``PARENT-NAME``, or ``PARENT-NAME-2`` and so on where that is taken; returns it.

        name: what the user calls the model. folder: by default that of the user's models. The bundle appears
        as a whole or not at all. Raises TrainingError or ModelError where it cannot be written.
        """
        assert self.accepted
        folder = folder or user_models_dir()
        full_name = _free_name(folder, f"{self.parent.name}-{_slug(name)}")
        staging = folder / _UNFINISHED / full_name
        network = load_network(self.parent)
        network.get_layer(LAST_LAYER).set_weights([self.last_layer.kernel, self.last_layer.bias])
        inherited = {key: value for key, value in self.parent.info.items() if key in _INHERITED}
        with writing(folder), _removed_afterwards(staging):
            write_bundle(
                staging,
                network,
                name=full_name,
                description=f"“{self.parent.name}”, taught one person's face: {name.strip() or 'mine'}.",
                labels=self.parent.labels,
                output="logits",
                temperature=self.parent.temperature,
                threshold=self.parent.threshold,
                training_data=self._training_data(),
                results={
                    "held_out_seconds": {"before": asdict(self.before), "after": asdict(self.after)},
                    "general_faces": {
                        "before": asdict(self.general_before),
                        "after": asdict(self.general_after),
                    },
                },
                representative=drawn_crops,
                parent=self.parent,
                origin={"parent": self.parent.identity, **inherited},
            )
            if (seen := self.parent.folder / SEEN_NAME).is_file():  # the taught model learnt from these, too
                shutil.copyfile(seen, staging / SEEN_NAME)
            write_text(staging / CARD_NAME, self._card(full_name))
            once_released(lambda: staging.replace(folder / full_name))
        return load_bundle(folder / full_name)

    def _training_data(self) -> list[dict[str, Any]]:
        mine = {"name": "the user's own face", "licence": "private, not kept", "images": self.pictures}
        return [*self.parent.info["training_data"], mine]

    def _card(self, name: str) -> str:
        tables = [
            _table("On the person's held-out seconds", self.before, self.after),
            _table("On other people's validation faces", self.general_before, self.general_after),
        ]
        if missing := not_shown(self.parent.labels, self.before):
            tables.append(f"Not shown, and perhaps missed more often now: {', '.join(missing)}.")
        return _CARD.format(
            name=name, parent=self.parent.name, sha256=self.parent.sha256, pictures=self.pictures,
            tables="\n\n".join(tables),
        )  # fmt: skip


@contextmanager
def _removed_afterwards(staging: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):  # not empty: another window is writing there
            staging.parent.rmdir()


def _table(title: str, before: TeachFigures, after: TeachFigures) -> str:
    rows = [
        ("right", before.accuracy, after.accuracy),
        ("right, mean over the expressions", before.balanced_accuracy, after.balanced_accuracy),
        ("probability of the right expression", before.true_class_probability, after.true_class_probability),
        *((f"{label} seen as {label}", before.recall[label], after.recall[label]) for label in before.recall),
    ]
    head = ["| | before | after |", "|---|---:|---:|"]
    lines = [f"## {title}", "", f"{counted(before.faces, 'picture')}.", "", *head]
    return "\n".join([*lines, *(f"| {row} | {old:.3f} | {new:.3f} |" for row, old, new in rows)])


def _slug(name: str) -> str:
    """A name as at most 40 letters, digits, underscores and hyphens, safe as a folder's name everywhere."""
    return "-".join(re.findall(r"\w+", name.casefold()))[:40].strip("-_") or "mine"


def _free_name(folder: Path, name: str) -> str:
    """The name, with a number from 2 on where a model in ``folder`` or a shipped one already has it."""
    taken_in = folder, models_dir()
    return next(
        one for one in numbered(name, "{}-{}") if not any((place / one).exists() for place in taken_in)
    )


_CARD = """# {name}

The model “{parent}” (weights SHA-256 `{sha256}`), whose last layer was retrained on {pictures}
pictures of one person's face, on that person's own machine. The pictures were not kept.

It is for that person: for everybody else “{parent}” is the better choice. Everything that the card of
“{parent}” says about intended use, limits and bias holds here as well.

{tables}

“Before” is “{parent}”, “after” this model. The held-out seconds are the last third of what the person
showed of each expression, recorded in one sitting: another day's light, hair or glasses may cost some
of the gain.
"""
