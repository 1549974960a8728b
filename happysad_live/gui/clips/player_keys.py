"""What the player does at which key, and how the list of keys says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from happysad_live.gui.widgets.qt_text import keys_text

if TYPE_CHECKING:
    from happysad_live.gui.clips.player import ClipPlayer

LEAP_S = 5.0
BEFORE_KEY, AFTER_KEY = "Ctrl+PgUp", "Ctrl+PgDown"

Action = Callable[["ClipPlayer"], object]


@dataclass(frozen=True, slots=True)
class PlayerKeys:
    """Keys that belong together: what they do and are called, for the list of keys.

    actions: what each does; empty for those that the player takes in another way.
    """

    does: str
    shown: str
    actions: Mapping[Qt.Key, Action] = field(default_factory=dict)


PLAYER_KEYS = (
    PlayerKeys("Play or pause", "Space", {Qt.Key.Key_Space: lambda player: player.toggle()}),
    PlayerKeys(
        "One picture back or forward",
        "←, →",
        {Qt.Key.Key_Left: lambda player: player.step(-1), Qt.Key.Key_Right: lambda player: player.step(1)},
    ),
    PlayerKeys(
        f"{LEAP_S:.0f} seconds back or forward",
        keys_text("PgUp", "PgDown"),
        {
            Qt.Key.Key_PageUp: lambda player: player.seek(player.position_s - LEAP_S),
            Qt.Key.Key_PageDown: lambda player: player.seek(player.position_s + LEAP_S),
        },
    ),
    PlayerKeys(
        "To the beginning or the end",
        "Home, End",
        {
            Qt.Key.Key_Home: lambda player: player.seek(0.0),
            Qt.Key.Key_End: lambda player: player.seek(player.clip.info.length_s),
        },
    ),
    PlayerKeys(
        "Mark from here, up to here, the whole clip",
        "I, O, A",
        {
            Qt.Key.Key_I: lambda player: player.mark_from_here(),
            Qt.Key.Key_O: lambda player: player.mark_up_to_here(),
            Qt.Key.Key_A: lambda player: player.mark_all(),
        },
    ),
    PlayerKeys("Give what is marked a label", "1 to 9"),
    PlayerKeys(
        "Remove your label from what is marked",
        "Backspace",
        {Qt.Key.Key_Backspace: lambda player: player.give_label(None)},
    ),
    PlayerKeys("Undo the last change of labels, make it again", keys_text("Ctrl+Z", "Ctrl+Y")),
    PlayerKeys("The clip before or after this one in the list", keys_text(BEFORE_KEY, AFTER_KEY)),
    PlayerKeys(
        "Full screen",
        "F, F11",
        {
            Qt.Key.Key_F: lambda player: player.toggle_full_screen(),
            Qt.Key.Key_F11: lambda player: player.toggle_full_screen(),
        },
    ),
    PlayerKeys(
        "Leave full screen, or close the clip", "Esc", {Qt.Key.Key_Escape: lambda player: player.leave()}
    ),
    PlayerKeys("Close the clip", keys_text("Ctrl+W")),
    PlayerKeys("Keys", "F1"),
)


REPEATING_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
"""Those that go on while they are held."""


def action_for(key: Qt.Key) -> Action | None:
    """What a key does by itself; None where it does nothing of that kind."""
    return next((keys.actions[key] for keys in PLAYER_KEYS if key in keys.actions), None)
