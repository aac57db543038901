"""An address for the issuer of tokens: its keys and its discovery document, over HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from infra.local.home import Home


class IssuerPages:
    """Serves what a gateway asks of an issuer, at the address that the home's tokens name."""

    def __init__(self, home: Home) -> None:
        issuer = home.issuer()
        pages = {
            "/.well-known/jwks.json": issuer.key_set(),
            "/.well-known/openid-configuration": issuer.discovery(),
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", home.port), _handler(pages))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(pages: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            content = json.dumps(page).encode()
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Who asks for keys is no news."""

    return Handler
