"""Webhooks, verified by Standard Webhooks' own Python library, of what a server tells a receiver."""

import os
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver(BaseHTTPRequestHandler):
    letters = Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.letters.put((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.receiver = HTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=cls.receiver.serve_forever, daemon=True).start()
        cls.environment = {
            "PATH": os.environ["PATH"],
            "LINEKEEPER_DATA_DIR": cls.directory.name,
            "LINEKEEPER_JWT_SECRET": "a secret of the tests, at least 32 bytes long",
            "LINEKEEPER_CREDENTIALS_KEY": "a key that encrypts secrets, and more",
            "LINEKEEPER_SIMULATOR__ENABLED": "false",
            "LINEKEEPER_WEBHOOKS__ALLOW_ADDRESSES": "127.0.0.1",
            "LINEKEEPER_WEBHOOKS__ALLOW_HTTP": "true",
        }
        cls.linekeeper("migrate")
        cls.agency = cls.linekeeper("agency", "create", "--name", "Northwind")
        serve = [os.environ["BINARY"], "serve", "--listen", "127.0.0.1:0"]
        quiet = subprocess.DEVNULL
        cls.server = subprocess.Popen(
            serve, env=cls.environment, cwd=cls.directory.name, stdout=subprocess.PIPE, stderr=quiet, text=True
        )
        while not cls.server.stdout.readline().startswith("listening on "):
            assert cls.server.poll() is None

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait(20)
        cls.server.stdout.close()
        cls.receiver.shutdown()
        cls.receiver.server_close()
        cls.directory.cleanup()

    @classmethod
    def linekeeper(cls, *args):
        command = [os.environ["BINARY"], *args]
        kept = {"env": cls.environment, "cwd": cls.directory.name, "text": True}
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **kept).stdout.strip()

    def test_what_is_told_is_verified_with_both_secrets_while_one_replaces_the_other(self):
        url = f"http://127.0.0.1:{self.receiver.server_port}/hooks"
        added = self.linekeeper("webhook", "add", "--agency", self.agency, "--url", url, "--events", "agent.*")
        webhook, secret = added.split("\t")
        agent = self.linekeeper("agent", "create", "--agency", self.agency, "--name", "Größe", "--ultravox-id", "uv-1")
        body, headers = Receiver.letters.get(timeout=10)
        message = Webhook(secret).verify(body, headers)
        self.assertEqual((message["type"], message["data"]["id"]), ("agent.added", agent))
        self.assertEqual((message["data"]["agency_id"], message["data"]["before"]), (self.agency, None))
        self.assertEqual(message["data"]["after"]["ultravox_agent_name"], "Größe")
        for changed in [{"webhook-id": "0"}, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}]:
            with self.assertRaises(WebhookVerificationError):
                Webhook(secret).verify(body, {**headers, **changed})
        with self.assertRaises(WebhookVerificationError):
            Webhook(secret).verify(body + b" ", headers)

        rotated = self.linekeeper("webhook", "rotate", webhook, "--agency", self.agency)
        self.linekeeper("agent", "update", agent, "--agency", self.agency, "--name", "Support")
        body, headers = Receiver.letters.get(timeout=10)
        for one in [secret, rotated]:
            self.assertEqual(Webhook(one).verify(body, headers)["type"], "agent.changed")


if __name__ == "__main__":
    unittest.main()
