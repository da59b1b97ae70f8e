"""The supabase dialect, asked by the product's own Python client. Run by ./run against a real server."""

import json
import os
import unittest

from supabase import create_client
from supabase_functions.errors import FunctionsHttpError

with open(os.environ["DEMO_CREDENTIALS"], encoding="utf-8") as file:
    DEMO = json.load(file)
NORTHWIND = DEMO["agencies"][0]
# The client wants its key to look like a JWT; the gateway ignores it.
ANON_KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl"


def functions(token=None):
    client = create_client(DEMO["base_url"], ANON_KEY).functions
    if token:
        client.set_auth(token)
    return client


def ask(token, query="", method="GET"):
    options = {"method": method, "responseType": "json"}
    return functions(token).invoke(f"phone-numbers-list{query}", options)


class Supabase(unittest.TestCase):
    def refused(self, status, *args, **kwargs):
        with self.assertRaises(FunctionsHttpError) as refusal:
            ask(*args, **kwargs)
        self.assertEqual(refusal.exception.status, status)
        return refusal.exception.message

    def test_lists_with_filters(self):
        owner = NORTHWIND["users"]["owner"]["jwt"]
        page = ask(owner, "?status=active&assigned=true&limit=5")
        self.assertEqual(len(page["phone_numbers"]), 5)
        self.assertEqual(page["pagination"]["total"], page["summary"]["assigned"])
        sample = NORTHWIND["sample"]
        found = ask(owner, "?search=" + sample["phone_number"].removeprefix("+"))
        self.assertEqual([number["id"] for number in found["phone_numbers"]], [sample["number_id"]])

    def test_refusals_are_shown(self):
        self.refused(401, "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")
        message = self.refused(403, DEMO["user_without_agency"]["jwt"])
        self.assertEqual(message, "User does not belong to an agency")
        message = self.refused(405, NORTHWIND["users"]["owner"]["jwt"], method="POST")
        self.assertEqual(message, "Method not allowed")
        message = self.refused(400, NORTHWIND["users"]["owner"]["jwt"], "?status=asleep")
        self.assertIn("status must be one of", message)


if __name__ == "__main__":
    unittest.main()
