"""One number, from its purchase to its release, in all five dialects and with their own clients."""

import base64
import unittest

import requests
from agentphone import AgentPhone
from agora_agent.client import Agora
from demos import DEMO
from supabase import create_client

AGENCY = DEMO["agencies"][2]
BASE_URL = DEMO["base_url"]
# The client wants its key to look like a JWT; the gateway ignores it.
ANON_KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl"
AGENTPHONE = AgentPhone(AGENCY["api_key"], base_url=BASE_URL)


def butter(method, path, **more):
    headers = {"X-API-Key": AGENCY["api_key"], "X-Organization-Id": AGENCY["organization_id"]}
    answer = requests.request(method, f"{BASE_URL}/api/{path}", headers=headers, **more)
    answer.raise_for_status()
    return answer.json()


def on_butters_list():
    numbers, cursor = {}, None
    while True:
        page = butter("GET", "phone-numbers", params={"cursor": cursor, "page_size": 50})
        numbers |= {number["phone_number"]: number for number in page["data"]}
        cursor = page["pagination"]["next_cursor"]
        if not page["pagination"]["has_more"]:
            return numbers


def on_agoras_list():
    secret = "{customer_id}:{customer_secret}".format(**AGENCY["basic"]).encode()
    basic = "Basic " + base64.b64encode(secret).decode()
    place = BASE_URL + "/api/conversational-ai-agent"
    numbers = Agora(base_url=place, authorization=basic, username="", password="").phone_numbers.list()
    return {number.phone_number: number for number in numbers}


def on_instaviews_pages():
    numbers, page, pages = {}, 0, 1
    while page < pages:
        page += 1
        headers, query = {"Authorization": f"Bearer {AGENCY['api_key']}"}, {"page": page, "limit": 100}
        answer = requests.get(f"{BASE_URL}/phone-numbers", headers=headers, params=query)
        answer.raise_for_status()
        pages = answer.json()["totalPages"]
        numbers |= {number["number"]: number for number in answer.json()["data"]}
    return numbers


def on_agentphones_list():
    numbers, page = {}, None
    while page is None or page.has_more:
        page = AGENTPHONE.numbers.list(limit=100, offset=len(numbers))
        numbers |= {number.phone_number: number for number in page.data}
    return numbers


def supabase(name, method, **body):
    client = create_client(BASE_URL, ANON_KEY).functions
    client.set_auth(AGENCY["users"]["owner"]["jwt"])
    options = {"method": method, "responseType": "json"}
    return client.invoke(name, options | ({"body": body} if body else {}))


def summary():
    return supabase("phone-numbers-list?limit=1", "GET")["summary"]


class Story(unittest.TestCase):
    def test_a_number_lives_in_all_five_dialects(self):
        before = summary()
        bought = AGENTPHONE.numbers.buy(country="US")
        self.assertEqual((bought.status, bought.agent_id), ("active", None))
        number, digits = bought.phone_number, bought.id.removeprefix("num_")
        after = {**before, "total": before["total"] + 1, "active": before["active"] + 1}
        self.assertEqual(summary(), {**after, "unassigned": before["unassigned"] + 1})

        self.assertEqual(on_butters_list()[number]["status"], "free")
        agent = AGENTPHONE.agents.list().data[0]
        agents_digits = agent.id.removeprefix("agt_")
        path = f"agents/agent_{agents_digits}/assign-phone-number"
        assigned = butter("POST", path, json={"phone_number_id": f"phon_{digits}"})
        self.assertTrue(assigned["success"])
        self.assertIn(f"phon_{digits}", assigned["data"]["assigned_phone_number_ids"])
        self.assertEqual(on_butters_list()[number]["assigned_agent_id"], f"agent_{agents_digits}")

        pipeline = on_agoras_list()[number].associated_pipeline
        self.assertEqual((pipeline.pipeline_id.replace("-", ""), pipeline.pipeline_name), (agents_digits, agent.name))
        shown = on_instaviews_pages()[number]
        self.assertEqual((shown["id"].replace("-", ""), shown["status"]), (digits, "ASSIGNED"))
        self.assertEqual((shown["provider"], shown["companyId"]), ("SIMULATOR", AGENCY["company_id"]))
        self.assertEqual(summary(), {**after, "assigned": before["assigned"] + 1})
        self.assertEqual(on_agentphones_list()[number].agent_id, agent.id)

        sent = AGENTPHONE.messages.send(agent_id=agent.id, number_id=bought.id, to_number="+19705551234", body="Hello!")
        self.assertEqual((sent["status"], sent["from_number"]), ("delivered", number))

        released = supabase("phone-numbers-release", "POST", phone_number_ids=[shown["id"]], confirm=True)
        self.assertTrue(released["success"])
        self.assertEqual(released["released"], [{"id": shown["id"], "phone_number": number}])
        for listed in (on_butters_list, on_agoras_list, on_instaviews_pages, on_agentphones_list):
            numbers = listed()
            self.assertTrue(numbers)
            self.assertNotIn(number, numbers, listed.__name__)
        self.assertEqual(summary(), {**before, "total": before["total"] + 1, "released": before["released"] + 1})

        kept = AGENTPHONE.numbers.get(bought.id)
        self.assertEqual((kept.phone_number, kept.status, kept.agent_id), (number, "released", None))
        [message] = AGENTPHONE.numbers.get_messages(bought.id).data
        self.assertEqual((message.id, message.body, message.to_number), (sent["id"], "Hello!", "+19705551234"))
        self.assertEqual(butter("GET", f"phone-numbers/phon_{digits}")["data"]["phone_number"], number)


if __name__ == "__main__":
    unittest.main()
