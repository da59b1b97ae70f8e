"""Has schemathesis ask for numbers and agents that the demo has: made-up ones are never bought, assigned or released.

Only what is valid as it was made is changed, and every third such request is left alone.
"""

import itertools
import json
import os
import urllib.request

import schemathesis
from schemathesis import GenerationMode

with open(os.environ["DEMO_CREDENTIALS"], encoding="utf-8") as file:
    DEMO = json.load(file)
TOKEN = DEMO["agencies"][0]["users"]["owner"]["jwt"]


def ask(function):
    request = urllib.request.Request(f"{DEMO['base_url']}/functions/v1/{function}")
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


LIST = ask("phone-numbers-list?status=active&limit=200&include_agents=true")
NUMBERS = itertools.cycle([number["id"] for number in LIST["phone_numbers"]])
AGENTS = itertools.cycle([agent["id"] for agent in LIST["available_agents"]])
STOCK = itertools.cycle(
    [offer["phone_number"] for offer in ask("phone-numbers-search?country_code=US&limit=100")["phone_numbers"]]
)
TURNS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or next(TURNS) % 3 == 2:
        return
    if "id" in (case.query or {}):
        case.query["id"] = next(NUMBERS)
    body = case.body
    if not isinstance(body, dict):
        return
    if "phone_number_id" in body:
        body["phone_number_id"] = next(NUMBERS)
    if body.get("agent_mapping_id"):
        body["agent_mapping_id"] = next(AGENTS)
    for item in body.get("phone_numbers", []):
        item["phone_number"] = next(STOCK)
        if item.get("agent_mapping_id"):
            item["agent_mapping_id"] = next(AGENTS)
    if "phone_number_ids" in body:
        body["phone_number_ids"] = [next(NUMBERS) for _ in body["phone_number_ids"][:3]]
