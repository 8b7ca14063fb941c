"""The workspace's documentation over HTTP, on this machine only: browsers follow no link from a page to a file.

`python -m orchestration.reports.docs_server PORT` serves $PULSE_HOME/docs as long as the process that started it lives.
"""

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from orchestration.workspace.layout import Workspace

LOOK_SECONDS = 1.0


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Who looks at documentation is no news."""


def serve(workspace: Workspace, port: int) -> None:
    """Serve until the parent process is gone."""
    parent = os.getppid()
    handler = partial(_Quiet, directory=str(workspace.docs))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.timeout = LOOK_SECONDS
        while os.getppid() == parent:
            server.handle_request()


if __name__ == "__main__":
    serve(Workspace.current(), int(sys.argv[1]))
