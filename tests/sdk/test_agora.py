"""The agora dialect, asked by the product's own Python clients, the synchronous and the asynchronous one."""

import base64
import os
import unittest
from unittest import mock

from agora_agent import Agora, Area, AsyncAgora
from agora_agent.client import Agora as PlainAgora
from agora_agent.client import AsyncAgora as AsyncPlainAgora
from agora_agent.core.api_error import ApiError
from agora_agent.phone_numbers.types import (
    add_phone_numbers_request_inbound_config as add_inbound,
    add_phone_numbers_request_outbound_config as add_outbound,
    update_phone_numbers_request_inbound_config as update_inbound,
    update_phone_numbers_request_outbound_config as update_outbound,
)
from demos import DEMO, Either, demo

AddInbound = add_inbound.AddPhoneNumbersRequestInboundConfig
AddOutbound = add_outbound.AddPhoneNumbersRequestOutboundConfig
UpdateInbound = update_inbound.UpdatePhoneNumbersRequestInboundConfig
UpdateOutbound = update_outbound.UpdatePhoneNumbersRequestOutboundConfig
NORTHWIND, LUMEN = DEMO["agencies"][:2]
PIPELINE = LUMEN["sample"]["agent_mapping_id"]
INBOUND = AddInbound(allowed_addresses=["112.126.15.64/27"])
OUTBOUND = AddOutbound(address="sip.example.com:5061", transport="tls", prefix="6036")
SALES = {"provider": "byo", "label": "Sales Hotline", "inbound_config": INBOUND, "outbound_config": OUTBOUND}
CALLS = {"inbound_config": INBOUND.dict(), "outbound_config": {**OUTBOUND.dict(), "user": None}}


def connected(client, account, base_url=DEMO["base_url"]):
    """As the product's documents have it: with an area, and another place to ask in the environment."""
    told = {"area": Area.US, "app_id": "app", "app_certificate": "certificate"}
    with mock.patch.dict(os.environ, AGORA_AGENTS_API_BASE_URL=base_url):
        return client(**told, **account["basic"]).phone_numbers


class Asked(Either):
    """What both clients are asked."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.numbers = connected(self.CLIENT, LUMEN)

    async def refused(self, status, reason, method, *args, **kwargs):
        with self.assertRaises(ApiError) as refusal:
            await self.do(method, *args, **kwargs)
        error = refusal.exception
        self.assertEqual(error.status_code, status, error.body)
        self.assertIn("agora-request-id", error.headers)
        detail = error.body["detail"]
        told = {"error_type": reason, "description": detail, "reason": reason, "detail": detail}
        self.assertEqual(error.body, told)
        self.assertTrue(detail)

    async def add(self, number, **more):
        added = await self.do(self.numbers.add, **{**SALES, "phone_number": number, **more})
        self.addAsyncCleanup(self.forget, number)
        return added

    async def forget(self, number):
        try:
            await self.do(self.numbers.delete, number)
        except ApiError as error:
            self.assertEqual(error.status_code, 404)

    async def test_lists_every_number_once(self):
        numbers = connected(self.CLIENT, NORTHWIND)
        listed = await self.do(numbers.list)
        raw = await self.do(numbers.with_raw_response.list)
        self.assertIn("agora-request-id", raw.headers)
        self.assertEqual(raw.data, listed)
        self.assertGreater(len(listed), 900)
        self.assertEqual(len({number.phone_number for number in listed}), len(listed))
        self.assertEqual({number.provider for number in listed}, {"byo", "twilio"})
        for number in listed:
            self.assertRegex(number.phone_number, r"^\+[1-9][0-9]{6,14}$")
            self.assertEqual({type(number.inbound), type(number.outbound), type(number.label)}, {bool, str})
        sample = NORTHWIND["sample"]
        [number] = [number for number in listed if number.phone_number == sample["phone_number"]]
        self.assertEqual(number.associated_pipeline.pipeline_id, sample["agent_mapping_id"])
        self.assertTrue(number.associated_pipeline.pipeline_name)
        self.assertEqual((await self.do(numbers.get, number.phone_number)).dict(), number.dict())

    async def test_adds_gets_and_deletes_a_number(self):
        number = "+19876543210"
        added = await self.add(number, inbound=True, outbound=False)
        shown = {"provider": "byo", "phone_number": number, "label": "Sales Hotline"}
        shown |= {"inbound": True, "outbound": False}
        self.assertEqual(added.dict(), {**shown, "associated_pipeline": None, **CALLS})
        self.assertEqual((await self.do(self.numbers.get, number)).dict(), added.dict())
        self.assertEqual((await self.do(self.numbers.list))[0].dict(), added.dict())
        await self.refused(409, "phone_number_exists", self.add, number)

        deleted = await self.do(self.numbers.with_raw_response.delete, number)
        self.assertIsNone(deleted.data)
        await self.refused(404, "not_found", self.numbers.get, number)
        await self.refused(404, "not_found", self.numbers.delete, number)
        self.assertNotIn(number, [other.phone_number for other in await self.do(self.numbers.list)])

        bare = await self.add(number, inbound_config=None, outbound_config=None)
        self.assertEqual((bare.inbound, bare.outbound, bare.inbound_config), (True, True, None))

    async def test_takes_a_password_and_never_shows_it(self):
        secret = {"user": "sales", "password": "a password of the tests"}
        in_the_clients_own_example = AddOutbound(address="xxx:xxx@sip.example.com", transport="tls")
        with demo(0, LINEKEEPER_CREDENTIALS_KEY="a key that encrypts secrets, and more") as other:
            numbers = connected(self.CLIENT, other["agencies"][0], other["base_url"])
            for number, outbound, hidden in [
                ("+19876543210", AddOutbound(**OUTBOUND.dict(), **secret), secret["password"]),
                ("+19876543211", in_the_clients_own_example, "xxx:xxx"),
            ]:
                with self.subTest(outbound=outbound):
                    added = await self.do(numbers.add, **{**SALES, "phone_number": number, "outbound_config": outbound})
                    self.assertIn("sip.example.com", added.outbound_config["address"])
                    self.assertIn(added.outbound_config["user"], ["sales", "xxx"])
                    shown = await self.do(numbers.get, number)
                    self.assertEqual(shown.dict(), added.dict())
                    self.assertNotIn(hidden, shown.json())
                    self.assertNotIn("password", shown.outbound_config)

    async def test_update_leaves_what_is_absent_and_clears_what_is_null(self):
        update, number = self.numbers.update, "+19876543211"
        await self.add(number)
        inbound = UpdateInbound(pipeline_id=PIPELINE)
        outbound = UpdateOutbound(pipeline_id=PIPELINE)
        for given, pipeline in [
            ({"inbound_config": inbound, "outbound_config": outbound}, PIPELINE),
            ({}, PIPELINE),
            ({"inbound_config": None}, None),
            ({"outbound_config": outbound}, PIPELINE),
            ({"inbound_config": UpdateInbound()}, PIPELINE),
            ({"inbound_config": None, "outbound_config": None}, None),
        ]:
            with self.subTest(given=given):
                changed = (await self.do(update, number, **given)).dict()
                associated = changed["associated_pipeline"]
                self.assertEqual(associated and associated["pipeline_id"], pipeline)
                self.assertEqual({key: changed[key] for key in CALLS}, CALLS)
                self.assertEqual((await self.do(self.numbers.get, number)).dict(), changed)
        await self.refused(404, "not_found", update, "+19876543219", inbound_config=None)
        nobody = UpdateInbound(pipeline_id="pipeline_0987654321fedcba")
        await self.refused(422, "unprocessable_content", update, number, inbound_config=nobody)
        two = {"inbound_config": UpdateInbound(pipeline_id=NORTHWIND["sample"]["agent_mapping_id"])}
        await self.refused(422, "unprocessable_content", update, number, **two, outbound_config=outbound)

    async def test_refusals_are_shown(self):
        await self.refused(400, "invalid_phone_format", self.add, "0123")
        await self.refused(422, "unprocessable_content", self.add, "+19876543212", provider="carrier pigeon")
        wrong = AddOutbound(address="sip.example.com", transport="pigeon")
        await self.refused(422, "unprocessable_content", self.add, "+19876543212", outbound_config=wrong)
        await self.refused(404, "not_found", self.numbers.get, NORTHWIND["sample"]["phone_number"])
        await self.refused(404, "not_found", self.numbers.get, "0123")
        strange = {"basic": {**LUMEN["basic"], "customer_secret": "wrong"}}
        await self.refused(401, "unauthorized", connected(self.CLIENT, strange).list)
        await self.refused(401, "unauthorized", connected(self.CLIENT, {"basic": {"auth_token": "a token"}}).list)

    async def test_the_plain_client_gets_the_same(self):
        secret = "{customer_id}:{customer_secret}".format(**LUMEN["basic"]).encode()
        plain = self.PLAIN(
            base_url=DEMO["base_url"] + "/api/conversational-ai-agent",
            authorization="Basic " + base64.b64encode(secret).decode(),
            username=LUMEN["basic"]["customer_id"],
            password=LUMEN["basic"]["customer_secret"],
        )
        self.assertEqual(await self.do(plain.phone_numbers.list), await self.do(self.numbers.list))


class Synchronous(Asked, unittest.IsolatedAsyncioTestCase):
    CLIENT, PLAIN = Agora, PlainAgora


class Asynchronous(Asked, unittest.IsolatedAsyncioTestCase):
    CLIENT, PLAIN = AsyncAgora, AsyncPlainAgora


if __name__ == "__main__":
    unittest.main()
