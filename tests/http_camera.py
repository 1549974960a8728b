"""An HTTP camera of our own on this machine."""

from __future__ import annotations

import base64
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

FRAME_RATE = 30


class HttpCamera:
    """Serves pictures whose grey value is their number, as multipart JPEG, or a file.

    first_bytes: of the film, after which the first connection breaks off.
    film_s: how long sending the film takes.
    live: the film is what a camera has sent so far, after which it sends nothing.
    login: USER:PASSWORD that it asks for. part_head: what stands before each picture.
    """

    def __init__(
        self,
        frames_a_connection: int = 10_000,
        film: bytes = b"",
        first_bytes: int | None = None,
        film_s: float = 0.0,
        live: bool = False,
        login: str = "",
        part_head: str = "--next\r\nContent-Type: image/jpeg",
    ) -> None:
        self.connections = 0
        stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                outer.connections += 1
                basic = f"Basic {base64.b64encode(login.encode()).decode()}"
                if login and self.headers["Authorization"] != basic:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                self.send_response(200)
                with suppress(OSError):  # the client has gone
                    self._send_film() if film else self._send_pictures()

            def _send_film(self) -> None:
                self.send_header("Content-Type", "video/mp4")
                if not live:
                    self.send_header("Content-Length", str(len(film)))
                self.end_headers()
                content = film[:first_bytes] if outer.connections == 1 else film
                size = len(content) // 50 + 1
                for at in range(0, len(content), size):
                    self.wfile.write(content[at : at + size])
                    if stopping.wait(film_s / 50):
                        return
                if live:
                    stopping.wait()

            def _send_pictures(self) -> None:
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                for number in range(frames_a_connection):
                    grey = np.full((48, 64, 3), number % 250, np.uint8)
                    jpeg = cv2.imencode(".jpg", grey)[1].tobytes()
                    head = f"{part_head}\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    if stopping.wait(1 / FRAME_RATE):
                        return

            def log_message(self, *_: object) -> None:
                pass

        self._stopping = stopping
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/live"

    def close(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
