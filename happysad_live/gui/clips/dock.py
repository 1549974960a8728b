"""The panel's place beside the window's picture."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from happysad_live.gui.actions import Actions


class ClipsDock(QDockWidget):
    """Shows the panel while its action is on, and not in full screen."""

    appears = pyqtSignal()
    """The panel is about to be shown."""

    def __init__(
        self,
        window: QMainWindow,
        actions: Actions,
        leave_room_for: Callable[[int], None],
        picture: QWidget,
    ) -> None:
        """leave_room_for: told how many pixels wide the panel is at least, 0 while it is hidden.

        picture: gets the keyboard when the panel is hidden.
        """
        super().__init__("Clips", window)
        self._actions, self._leave_room_for, self._picture = actions, leave_room_for, picture
        self.setObjectName("clips")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())  # the panel has a head of its own
        self.hide()
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
        actions.clips.toggled.connect(self._update)
        actions.full_screen.toggled.connect(self._update)
        actions.full_screen.toggled.connect(actions.clips.setDisabled)  # whose key would work unseen

    def _update(self) -> None:
        visible = self._actions.clips.isChecked() and not self._actions.full_screen.isChecked()
        if visible and self.isHidden():
            self.appears.emit()
        panel = self.widget()
        assert panel is not None
        self._leave_room_for(panel.minimumWidth() if visible else 0)
        self.setVisible(visible)
        # Back on the picture, Space pauses again.
        (panel if visible else self._picture).setFocus()
