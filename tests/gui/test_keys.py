"""The list of keys: nothing that the window can do by a key is missing."""

from __future__ import annotations

import re

from conftest import WindowMaker

from happysad_live.gui.keys import keys_page, window_keys


def test_every_key_of_the_window_is_listed(make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    keys = dict(window_keys(window.actions()))
    assert (keys["Pause"], keys["Record"], keys["Full screen"]) == ("Space", "R", "F, F11")
    page = keys_page(window.actions())
    everywhere = [*window.actions(), *window.clips.panel.list.actions()]
    listed = {key for cell in re.findall("<td>([^<]*)</td></tr>", page) for key in cell.split(", ")}
    assert {key.toString() for action in everywhere for key in action.shortcuts()} <= listed
