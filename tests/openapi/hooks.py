"""Has schemathesis ask for numbers and agents that the demo has: made-up ones are never bought, assigned or released.

Only what is valid as it was made is changed, and every fifth such request is left alone.
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
PHONES = itertools.cycle([number["phone_number"] for number in LIST["phone_numbers"]])
TURNS = itertools.count()


def written(word, ids):
    """An id as a dialect writes it: a word, and 32 hex digits."""
    return word + next(ids).replace("-", "")


# What stands where in the paths and the bodies of the dialects whose callers have keys.
PLACES = {
    "phone_number_id": lambda: written("phon_", NUMBERS),
    "agent_id": lambda: written("agt_", AGENTS),
    "number_id": lambda: written("num_", NUMBERS),
    "phone_number": lambda: next(PHONES),
    "numberId": lambda: written("num_", NUMBERS),
    "agentId": lambda: written("agt_", AGENTS),
    "from_number": lambda: next(PHONES),
    "pipeline_id": lambda: next(AGENTS),
}


def new_agent():
    """One that can be deleted without being missed."""
    headers = {"Authorization": f"Bearer {DEMO['agencies'][0]['api_key']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{DEMO['base_url']}/v1/agents", b'{"name": "Temp"}', headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["id"]


def fill_in(case):
    butter = case.path.startswith("/api/agents")
    for name in case.path_parameters or {}:
        case.path_parameters[name] = written("agent_", AGENTS) if butter and name == "agent_id" else PLACES[name]()
    if case.method == "DELETE" and case.path == "/v1/agents/{agent_id}":
        case.path_parameters["agent_id"] = new_agent()
    if not isinstance(case.body, dict):
        return
    if case.path == "/v1/messages":
        # Who sends it can be said in three ways, of which one is enough.
        case.body = {"number_id": written("num_", NUMBERS), "to_number": "+15005550006", "body": "hi"}
        return
    if case.method == "POST" and case.path.endswith("/v2/phone-numbers"):
        # What goes with what, and what is an address, no schema says.
        is_own = case.body["provider"] == "byo"
        case.body["inbound_config"] = {"allowed_addresses": ["203.0.113.64/27"]} if is_own else None
        case.body["outbound_config"] = {"address": "sip.example.com:5061", "transport": "tls"} if is_own else None
    for fields in [case.body, case.body.get("inbound_config"), case.body.get("outbound_config")]:
        for name in PLACES:
            # What is imported is a number that nobody has.
            if isinstance(fields, dict) and fields.get(name) and (name != "phone_number" or case.path_parameters):
                fields[name] = PLACES[name]()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or next(TURNS) % 5 == 4:
        return
    if not case.path.startswith("/functions/"):
        return fill_in(case)
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
