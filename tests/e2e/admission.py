"""An admission webhook that denies, and the configuration by which an API server asks one."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cantata.sandbox import Sandbox


class Denying(BaseHTTPRequestHandler):
    """An admission webhook that denies all that it is asked about."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = {"message": "not on a Tuesday", "code": 403}
        answer = {"uid": review["request"]["uid"], "allowed": False, "status": status}
        body = json.dumps({**review, "request": None, "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def denying(sandbox: Sandbox) -> Iterator[str]:
    """Its URL; it has the certificate of the sandbox's API server, which is good for loopback."""
    pki = sandbox.kubeconfig.parent / "pki"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.crt", pki / "server.key")
    served = HTTPServer(("127.0.0.1", 0), Denying)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{served.server_address[1]}/"
    finally:
        served.shutdown()
        served.server_close()


def asking(name: str, url: str, sandbox: Sandbox) -> str:
    """Asks the webhook about Deployments of this namespace that say so."""
    authority = base64.b64encode((sandbox.kubeconfig.parent / "pki" / "ca.crt").read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [
                {
                    "name": f"deny.{name}.example.org",
                    "clientConfig": {"url": url, "caBundle": authority},
                    "rules": [
                        {
                            "apiGroups": ["apps"],
                            "apiVersions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["deployments"],
                        }
                    ],
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                    "objectSelector": {"matchLabels": {"denied": "yes-please"}},
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 2,
                }
            ],
        }
    )
