"""The panel's place beside the window's picture."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from happysad_live.gui.actions import Actions
from happysad_live.gui.theme import text_scale
from happysad_live.gui.widgets.screen import fills_screen, move_onto_screen


class ClipsDock(QDockWidget):
    """Shows the panel while its action is on, and not in full screen.

    The window is kept wide enough for its buttons beside the panel. Where it had to become wider for that, it
    becomes as narrow again once the panel is gone, unless the user has resized it or it fills the screen.
    """

    appears = pyqtSignal()
    """The panel is about to be shown."""

    def __init__(self, window: QMainWindow, smallest: QSize, actions: Actions, picture: QWidget) -> None:
        """smallest: the window's least size without the panel, for text of the usual size.

        picture: gets the keyboard when the panel is hidden.
        """
        super().__init__("Clips", window)
        self._window, self._smallest, self._actions, self._picture = window, smallest, actions, picture
        self._widened_px = 0, 0
        """The window's width before and after it was made wider."""
        self.setObjectName("clips")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())  # the panel has a head of its own
        self.hide()
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
        self._leave_room(0)
        actions.clips.toggled.connect(self._update)
        actions.full_screen.toggled.connect(self._update)
        actions.full_screen.toggled.connect(actions.clips.setDisabled)  # whose key would work unseen

    def _update(self) -> None:
        visible = self._actions.clips.isChecked() and not self._actions.full_screen.isChecked()
        if visible and self.isHidden():
            self.appears.emit()
        panel = self.widget()
        assert panel is not None
        self._leave_room(panel.minimumWidth() if visible else 0)
        self.setVisible(visible)
        # Back on the picture, Space pauses again.
        (panel if visible else self._picture).setFocus()

    def _leave_room(self, width_px: int) -> None:
        """width_px: the least width of the panel, 0 while it is hidden."""
        window, screen = self._window, self._window.screen()
        smallest = self._smallest * text_scale() + QSize(width_px, 0)
        if screen:
            smallest = smallest.boundedTo(screen.availableSize())
        before_px = window.width()
        window.setMinimumSize(smallest)
        if width_px and window.width() > before_px:
            self._widened_px = before_px, window.width()
            move_onto_screen(window)
        elif not width_px and window.width() == self._widened_px[1] and not fills_screen(window):
            window.resize(self._widened_px[0], window.height())
