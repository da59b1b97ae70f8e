"""The demo that ./run has started, and others that a test starts with settings of its own."""

import asyncio
import inspect
import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

DEMO = json.loads(Path(os.environ["DEMO_CREDENTIALS"]).read_text(encoding="utf-8"))


@contextmanager
def demo(numbers, **settings):
    with tempfile.TemporaryDirectory() as directory:
        credentials = Path(directory, "credentials.json")
        command = [os.environ["BINARY"], "demo", "--listen", "127.0.0.1:0", "--numbers", str(numbers)]
        environment = {"PATH": os.environ["PATH"], "TMPDIR": directory, **settings}
        command += ["--credentials", credentials]
        kept = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(command, cwd=directory, env=environment, **kept) as server:
            try:
                said = server.stdout.readline()
                assert said.startswith("listening on "), said
                yield json.loads(credentials.read_text(encoding="utf-8"))
            finally:
                server.terminate()
                server.stdout.read()


class Either:
    """A test of a client, whether it is to be awaited or not."""

    async def asyncSetUp(self):
        # One that is not keeps the loop waiting.
        asyncio.get_running_loop().slow_callback_duration = 60

    async def do(self, method, *args, **kwargs):
        result = method(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result
