"""The curl lines of the products' documents, of which nothing but the address and the values in brackets is changed."""

import base64
import json
import re
import subprocess
import unittest

import requests
from demos import demo

BUTTER = r"""
curl --request GET \
  --url https://api.example.com/api/phone-numbers \
  --header 'X-API-Key: <x-api-key>' \
  --header 'X-Organization-Id: <x-organization-id>'
"""
BUTTER_EXAMPLE = """
{
  "success": true,
  "data": [
    {
      "phone_number_id": "phon_a1b2c3d4e5f6",
      "phone_number": "+15551234567",
      "provider": "twilio",
      "status": "assigned",
      "supports_inbound": true,
      "supports_outbound": true,
      "assigned_agent_id": "agent_b2c3d4e5f6a7",
      "created_at": "2024-01-15T10:30:00Z"
    },
    {
      "phone_number_id": "phon_b2c3d4e5f6a7",
      "phone_number": "+15559876543",
      "provider": "sip",
      "status": "free",
      "supports_inbound": true,
      "supports_outbound": true,
      "assigned_agent_id": null,
      "created_at": "2024-01-10T09:00:00Z"
    }
  ],
  "pagination": {
    "next_cursor": null,
    "has_more": false,
    "page_size": 2,
    "total_count": 2
  }
}
"""
AGORA = r"""
curl --request GET \
--url https://api.agora.io/api/conversational-ai-agent/v2/phone-numbers \
--header 'Authorization: Basic <credentials>'
"""
AGORA_EXAMPLE = """
[
{
"provider": "twilio",
"phone_number": "+11234567890",
"label": "Customer Support Line",
"inbound": true,
"outbound": true,
"associated_pipeline": {
"pipeline_id": "pipeline_0987654321fedcba",
"pipeline_name": "Customer Service"
}
},
{
"provider": "byo",
"phone_number": "+19876543210",
"label": "Sales",
"inbound": false,
"outbound": true,
"associated_pipeline": null,
"inbound_config": {},
"outbound_config": {}
}
]
"""
AGENTPHONE_CREATE = r"""
curl -X POST "https://api.agentphone.to/v1/numbers" \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"country": "US",
"agentId": "agt_abc123"
}'
"""
AGENTPHONE_CREATED = """
{
"id": "num_xyz789",
"phoneNumber": "+15551234567",
"country": "US",
"status": "active",
"agentId": "agt_abc123",
"createdAt": "2025-01-15T10:45:00Z"
}
"""
AGENTPHONE_LIST = r"""
curl -X GET "https://api.agentphone.to/v1/numbers?limit=10&offset=0" \
-H "Authorization: Bearer YOUR_API_KEY"
"""
AGENTPHONE_DELETE = r"""
curl -X DELETE "https://api.agentphone.to/v1/numbers/num_xyz789" \
-H "Authorization: Bearer YOUR_API_KEY"
"""
AGENTPHONE_MESSAGES = r"""
curl -X GET "https://api.agentphone.to/v1/numbers/num_xyz789/messages?limit=10" \
-H "Authorization: Bearer YOUR_API_KEY"
"""
AGENTPHONE_MESSAGES_EXAMPLE = """
{
"data": [
{
"id": "msg_001",
"from_": "+15559876543",
"to": "+15551234567",
"body": "Hi, I need help with my order",
"receivedAt": "2025-01-15T12:00:00Z"
}
],
"hasMore": false
}
"""
NUMBER = r"^\+[1-9][0-9]{6,14}$"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


def shape(value):
    """The keys and the types of it."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


class Seeds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        told = cls.enterClassContext(demo(0))
        cls.base_url, cls.agencies = told["base_url"], told["agencies"]

    def curl(self, line, status=200, **instead):
        line = re.sub(r"https://api\.[a-z.]+", self.base_url, line.strip())
        for placeholder, value in instead.items():
            self.assertIn(placeholder, line)
            line = line.replace(placeholder, value)
        line += " --silent --show-error --write-out '\\n%{http_code} %{content_type}'"
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        body, _, said = done.stdout.rpartition("\n")
        self.assertEqual(said, f"{status} application/json", body)
        return json.loads(body)

    def ask(self, headers, method, path, **body):
        answer = requests.request(method, self.base_url + path, json=body or None, headers=headers)
        self.assertTrue(answer.ok, answer.text)
        return answer.json()

    def butter(self, agency, *args, **body):
        return self.ask({"X-API-Key": agency["api_key"]}, *args, **body)

    def agentphone(self, agency, *args, **body):
        return self.ask({"Authorization": f"Bearer {agency['api_key']}"}, *args, **body)

    def two_numbers(self, agency):
        """One of our own that nobody answers, and a newer one that is bought and has an agent."""
        sip = {"provider": "sip", "supports_inbound": True, "supports_outbound": True}
        sip |= {"sip_server_address": "sip.example.com", "sip_trunk_name": "Office"}
        imported = self.butter(agency, "POST", "/api/phone-numbers", phone_number="+15559876543", **sip)["data"]
        agent = self.agentphone(agency, "GET", "/v1/agents")["data"][0]["id"]
        bought = self.agentphone(agency, "POST", "/v1/numbers", agentId=agent)
        return bought, imported

    def test_butter_lists_as_in_its_example(self):
        agency = self.agencies[0]
        bought, imported = self.two_numbers(agency)
        phon = "phon_" + bought["id"].removeprefix("num_")
        self.butter(agency, "PUT", f"/api/phone-numbers/{phon}", supports_inbound=True, supports_outbound=True)
        key = {"<x-api-key>": agency["api_key"]}
        told = self.curl(BUTTER, **key, **{"<x-organization-id>": agency["organization_id"]})
        example = json.loads(BUTTER_EXAMPLE)
        self.assertEqual(shape(told), shape(example))
        self.assertEqual(told["pagination"], example["pagination"])
        for number, as_in, provider in zip(told["data"], example["data"], ["simulator", "sip"]):
            self.assertEqual(list(number), list(as_in))
            self.assertRegex(number["phone_number_id"], "^phon_[0-9a-f]{32}$")
            self.assertRegex(number["phone_number"], NUMBER)
            self.assertRegex(number["created_at"], TIME)
            self.assertEqual(number["provider"], provider)
            same = ["status", "supports_inbound", "supports_outbound"]
            self.assertEqual([number[name] for name in same], [as_in[name] for name in same])
        self.assertEqual([number["phone_number_id"] for number in told["data"]], [phon, imported["phone_number_id"]])
        self.assertEqual(told["data"][0]["assigned_agent_id"], "agent_" + bought["agentId"].removeprefix("agt_"))

        refused = self.curl(BUTTER, status=403, **key, **{"<x-organization-id>": self.agencies[1]["organization_id"]})
        self.assertEqual(shape(refused), {"detail": "str"})
        self.assertEqual(refused, self.curl(BUTTER, status=403, **key, **{"<x-organization-id>": "org_" + "0" * 32}))
        anyone = {"<x-api-key>": "lk_wrong", "<x-organization-id>": agency["organization_id"]}
        self.assertEqual(shape(self.curl(BUTTER, status=401, **anyone)), {"detail": "str"})

    def test_agora_lists_as_in_its_example(self):
        agency = self.agencies[1]
        bought, _ = self.two_numbers(agency)
        secret = "{customer_id}:{customer_secret}".format(**agency["basic"])
        told = self.curl(AGORA, **{"<credentials>": base64.b64encode(secret.encode()).decode()})
        bare = {"inbound_config": None, "outbound_config": None}
        example = [bare | number for number in json.loads(AGORA_EXAMPLE)]
        self.assertEqual([set(number) for number in told], [set(number) for number in example])
        for number, as_in in zip(told, example):
            self.assertEqual(shape({**number, **bare}), shape({**as_in, **bare}))
        self.assertEqual(told[0]["phone_number"], bought["phoneNumber"])
        self.assertEqual((told[0]["inbound_config"], told[0]["outbound_config"]), (None, None))
        self.assertEqual(told[1]["outbound_config"]["address"], "sip.example.com")
        refused = self.curl(AGORA, status=401, **{"<credentials>": base64.b64encode(b"no:body").decode()})
        self.assertEqual(refused["error_type"], "unauthorized")

    def test_agentphone_creates_lists_and_deletes_as_in_its_examples(self):
        agency = self.agencies[2]
        key = {"YOUR_API_KEY": agency["api_key"]}
        agent = self.agentphone(agency, "GET", "/v1/agents")["data"][0]["id"]
        created = self.curl(AGENTPHONE_CREATE, agt_abc123=agent, **key)
        example = json.loads(AGENTPHONE_CREATED)
        self.assertEqual({name: shape(created[name]) for name in example}, shape(example))
        self.assertEqual((created["country"], created["status"], created["agentId"]), ("US", "active", agent))
        self.assertRegex(created["phoneNumber"], NUMBER)
        self.assertRegex(created["createdAt"], TIME)
        self.assertEqual(self.curl(AGENTPHONE_LIST, **key), {"data": [created], "hasMore": False, "total": 1})

        message = {"number_id": created["id"], "to_number": "+15559876543", "body": "Hi, I need help with my order"}
        sent = self.agentphone(agency, "POST", "/v1/messages", **message)
        named = {"num_xyz789": created["id"], **key}
        messages = self.curl(AGENTPHONE_MESSAGES, **named)
        example = json.loads(AGENTPHONE_MESSAGES_EXAMPLE)
        self.assertEqual(list(messages), list(example))
        [told], [as_in] = messages["data"], example["data"]
        self.assertEqual({name: shape(told[name]) for name in as_in}, shape(as_in))
        self.assertEqual((told["id"], told["from_"], told["from"]), (sent["id"], *[created["phoneNumber"]] * 2))
        self.assertRegex(told["receivedAt"], TIME)

        released = self.curl(AGENTPHONE_DELETE, **named)
        self.assertEqual(released, {"success": True, "phoneNumber": created["phoneNumber"], "status": "released"})
        self.assertEqual(self.curl(AGENTPHONE_LIST, **key)["total"], 0)
        self.assertEqual(self.curl(AGENTPHONE_MESSAGES, **named), messages)


if __name__ == "__main__":
    unittest.main()
