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


def call(name, body=None, method="POST", user="owner", headers=None):
    options = {"method": method, "responseType": "json", "headers": headers or {}}
    if body is not None:
        options["body"] = body
    return functions(NORTHWIND["users"][user]["jwt"]).invoke(name, options)


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

    def test_searches_purchases_assigns_and_releases(self):
        offers = call("phone-numbers-search?country_code=US&city=Denver&limit=1", method="GET")
        number = offers["phone_numbers"][0]["phone_number"]
        order = {"phone_numbers": [{"phone_number": number, "friendly_name": "Desk"}], "customer_reference": "PO 7"}
        key = {"Idempotency-Key": "order-1-of-python"}
        bought = call("phone-numbers-purchase", order, headers=key)
        self.assertEqual((bought["success"], bought["phone_numbers"][0]["status"]), (True, "active"))
        self.assertEqual(call("phone-numbers-purchase", order, headers=key), bought)

        which = bought["phone_numbers"][0]["id"]
        agent = call("phone-numbers-assign?assigned=true", method="GET")["available_agents"][0]["id"]
        assigned = call("phone-numbers-assign", {"phone_number_id": which, "agent_mapping_id": agent})
        self.assertEqual(assigned["phone_number"]["agent_mapping_id"], agent)
        patched = call("phone-numbers-assign", {"id": which, "agent_mapping_id": None}, method="PATCH")
        self.assertIsNone(patched["phone_number"]["agent_mappings"])
        call("phone-numbers-assign", {"id": which, "agent_mapping_id": agent}, user="admin")
        free = call(f"phone-numbers-assign?id={which}", method="DELETE")
        self.assertIsNone(free["phone_number"]["agent_mapping_id"])

        missing = "00000000-0000-4000-8000-000000000000"
        some = call("phone-numbers-release", {"phone_number_ids": [which, missing], "confirm": True})
        self.assertEqual((some["success"], some["message"]), (False, "Released 1 number(s), 1 failed"))
        self.assertEqual(some["released"], [{"id": which, "phone_number": number}])

    def test_refusals_of_what_costs_or_destroys_are_shown(self):
        sample = NORTHWIND["sample"]["number_id"]
        none = {"phone_numbers": [{"phone_number": "+15005550000"}]}
        for status, message, name, body, user in [
            (409, "Phone number is not available or already taken", "purchase", none, "owner"),
            (403, "Insufficient permissions", "purchase", none, "member"),
            (400, "confirm must be true", "release", {"phone_number_ids": [sample]}, "owner"),
            (403, "Insufficient permissions", "release", {"phone_number_ids": [sample], "confirm": True}, "admin"),
            (404, "No such agent", "assign", {"phone_number_id": sample, "agent_mapping_id": sample}, "owner"),
        ]:
            with self.subTest(name=name, status=status), self.assertRaises(FunctionsHttpError) as refusal:
                call(f"phone-numbers-{name}", body, user=user)
            self.assertEqual(refusal.exception.status, status)
            self.assertIn(message, refusal.exception.message)


if __name__ == "__main__":
    unittest.main()
