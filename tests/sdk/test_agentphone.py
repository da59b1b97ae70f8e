"""The agentphone dialect, asked by the product's own Python clients, the synchronous and the asynchronous one."""

import asyncio
import time
import unittest
from datetime import datetime, timedelta, timezone

from agentphone import AgentPhone, AgentPhoneError, AsyncAgentPhone, AuthenticationError, NotFoundError, RateLimitError
from demos import DEMO, Either, demo

NORTHWIND, LUMEN = DEMO["agencies"][:2]
CUSTOMER = "+19705551234"
NOBODY = "0" * 32


def later(**time):
    return (datetime.now(timezone.utc) + timedelta(**time)).isoformat()


class Asked(Either):
    """What both clients are asked."""

    def connect(self, key, base_url=DEMO["base_url"]):
        client = self.CLIENT(api_key=key, base_url=base_url)
        self.addAsyncCleanup(self.do, client.close)
        return client

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.client = self.connect(self.AGENCY["api_key"])

    async def refused(self, status, method, *args, kind=AgentPhoneError, **kwargs):
        with self.assertRaises(kind) as refusal:
            await self.do(method, *args, **kwargs)
        self.assertEqual(refusal.exception.status, status)
        return refusal.exception.message

    async def buy(self, **wanted):
        number = await self.do(self.client.numbers.buy, **wanted)
        self.addAsyncCleanup(self.let_go, number.id)
        return number

    async def let_go(self, number_id):
        if (await self.do(self.client.numbers.get, number_id)).status != "released":
            await self.do(self.client.numbers.release, number_id)

    async def hire(self, name, **more):
        agent = await self.do(self.client.agents.create, name, **more)
        self.addAsyncCleanup(self.dismiss, agent.id)
        return agent

    async def dismiss(self, agent_id):
        try:
            await self.do(self.client.agents.delete, agent_id)
        except NotFoundError:
            pass

    async def test_finds_buys_lists_changes_and_releases_numbers(self):
        numbers = self.client.numbers
        offers = await self.do(numbers.available, area_code="303", city="Denver", state="CO", country="US", limit=2)
        places = [(offer.city, offer.state, offer.area_code) for offer in offers]
        self.assertEqual(places, [("Denver", "CO", "303")] * 2)
        expires_at = later(days=1)
        number = await self.buy(area_code="303", type="sms", external_id="desk 1", expires_at=expires_at)
        self.assertRegex(number.id, "^num_[0-9a-f]{32}$")
        self.assertEqual((number.phone_number, number.country), (offers[0].phone_number, "US"))
        self.assertEqual((number.status, number.type, number.agent_id), ("active", "sms", None))
        self.assertEqual(number.external_id, "desk 1")
        self.assertEqual(datetime.fromisoformat(number.expires_at), datetime.fromisoformat(expires_at))
        self.assertEqual(await self.do(numbers.get, number.id), number)

        page = await self.do(numbers.list, limit=1)
        self.assertEqual((page.data, page.has_more), ([number], True))
        listed = [number.id]
        while page.has_more:
            page = await self.do(numbers.list, limit=50, offset=len(listed))
            listed += [other.id for other in page.data]
        self.assertEqual((len(listed), len(set(listed))), (page.total, page.total))

        changed = await self.do(numbers.update, number.id, external_id="desk 2")
        self.assertEqual((changed.external_id, changed.expires_at), ("desk 2", number.expires_at))
        changed = await self.do(numbers.update, number.id, expires_at=later(days=2))
        self.assertEqual(changed.external_id, "desk 2")
        self.assertGreater(changed.expires_at, number.expires_at)
        self.assertEqual(await self.do(numbers.update, number.id), changed)

        released = await self.do(numbers.release, number.id)
        self.assertEqual(released, {"success": True, "phoneNumber": number.phone_number, "status": "released"})
        self.assertEqual((await self.do(numbers.get, number.id)).status, "released")
        page = await self.do(numbers.list, limit=1)
        self.assertEqual((page.total, page.data[0].id), (len(listed) - 1, listed[1]))
        await self.refused(400, numbers.release, number.id)

    async def test_a_number_is_given_back_when_it_expires(self):
        number = await self.buy(expires_at=later(seconds=1))
        until = time.monotonic() + 10
        while (await self.do(self.client.numbers.get, number.id)).status == "active":
            self.assertLess(time.monotonic(), until, "it is still active")
            await asyncio.sleep(0.1)
        self.assertEqual((await self.do(self.client.numbers.get, number.id)).status, "released")

    async def test_looks_numbers_up(self):
        entries = await self.do(self.client.numbers.lookup, ["+18005551234", "+442071234567"])
        self.assertEqual([entry.phone_number for entry in entries], ["+18005551234", "+442071234567"])
        self.assertEqual([entry.line_type for entry in entries], ["toll_free", None])
        self.assertEqual([entry.country for entry in entries], ["US", "GB"])
        [entry] = await self.do(self.client.numbers.lookup, CUSTOMER)
        self.assertEqual((entry.phone_number, entry.country), (CUSTOMER, "US"))

    async def test_makes_changes_and_deletes_agents_and_gives_them_numbers(self):
        agents, numbers = self.client.agents, self.client.numbers
        agent = await self.hire("Front desk", voice="en-GB-Warm", language="en-GB", voice_mode="webhook")
        self.assertRegex(agent.id, "^agt_[0-9a-f]{32}$")
        self.assertEqual((agent.name, agent.voice, agent.language), ("Front desk", "en-GB-Warm", "en-GB"))
        self.assertEqual((agent.voice_mode, agent.numbers), ("webhook", []))
        page = await self.do(agents.list, limit=100)
        self.assertIn(agent, page.data)
        self.assertEqual((len(page.data), page.has_more), (page.total, False))
        self.assertEqual((await self.do(agents.list, limit=1, offset=1)).data, page.data[1:2])

        changed = await self.do(agents.update, agent.id, name="Reception", language="de-DE")
        self.assertEqual((changed.name, changed.voice, changed.language), ("Reception", "en-GB-Warm", "de-DE"))

        bought = await self.buy(agent_id=agent.id)
        self.assertEqual(bought.agent_id, agent.id)
        spare = await self.buy()
        attached = await self.do(agents.attach_number, agent.id, spare.id)
        shown = {"id": spare.id, "phoneNumber": spare.phone_number, "status": "active", "type": "sms"}
        self.assertEqual(attached, {"agentId": agent.id, "number": shown})
        answered = (await self.do(agents.get, agent.id)).numbers
        self.assertEqual({number.id for number in answered}, {bought.id, spare.id})

        other = await self.hire("Night shift")
        await self.refused(409, agents.attach_number, other.id, spare.id)
        await self.refused(409, agents.detach_number, other.id, spare.id)
        self.assertEqual(await self.do(agents.detach_number, agent.id, spare.id), {"success": True})
        self.assertIsNone((await self.do(numbers.get, spare.id)).agent_id)

        deleted = await self.do(agents.delete, agent.id)
        self.assertEqual(deleted, {"success": True, "id": agent.id, "name": "Reception"})
        freed = await self.do(numbers.get, bought.id)
        self.assertEqual((freed.agent_id, freed.status), (None, "active"))
        await self.refused(404, agents.get, agent.id, kind=NotFoundError)

    async def test_sends_messages_and_reads_them_after_the_release_too(self):
        send, read = self.client.messages.send, self.client.numbers.get_messages
        agent = await self.hire("Front desk")
        number = await self.buy(agent_id=agent.id)
        sent = await self.do(send, agent_id=agent.id, to_number=CUSTOMER, body="Grüße 👋")
        self.assertRegex(sent["id"], "^msg_[0-9a-f]{32}$")
        self.assertEqual((sent["status"], sent["channel"]), ("delivered", "sms"))
        self.assertEqual((sent["from_number"], sent["to_number"]), (number.phone_number, CUSTOMER))
        picture = "https://a.example/1.png"
        ids = [sent["id"]]
        for more in (
            {"number_id": number.id, "media_urls": [picture]},
            {"from_number": number.phone_number, "media_url": picture, "body": "two"},
            {"agent_id": agent.id, "number_id": number.id, "body": "three"},
        ):
            sent = await self.do(send, to_number=CUSTOMER, **more)
            self.assertEqual(sent["media_urls"], [picture] if len(ids) < 3 else [])
            ids.append(sent["id"])

        messages = await self.do(read, number.id)
        self.assertEqual([message.id for message in messages.data], ids[::-1])
        self.assertFalse(messages.has_more)
        first = messages.data[-1]
        self.assertEqual((first.from_number, first.to_number, first.body), (number.phone_number, CUSTOMER, "Grüße 👋"))
        self.assertEqual((first.direction, first.status, first.media_urls), ("outbound", "delivered", []))
        after = await self.do(read, number.id, after=first.received_at)
        self.assertEqual(after.data, messages.data[:-1])

        await self.do(self.client.numbers.release, number.id)
        walked, before = [], None
        while True:
            page = await self.do(read, number.id, limit=1, before=before)
            walked += page.data
            if not page.has_more:
                break
            before = page.data[-1].received_at
        self.assertEqual(walked, messages.data)
        await self.refused(409, send, number_id=number.id, to_number=CUSTOMER, body="too late")

    async def test_refusals_are_shown(self):
        numbers, send = self.client.numbers, self.client.messages.send
        await self.refused(401, self.connect("lk_wrong").numbers.list, kind=AuthenticationError)
        for missing in (numbers.get, numbers.release, numbers.get_messages):
            self.assertIn("phone number", await self.refused(404, missing, f"num_{NOBODY}", kind=NotFoundError))
        await self.refused(404, numbers.get, "num_of_nobody", kind=NotFoundError)
        await self.refused(404, self.client.agents.attach_number, f"agt_{NOBODY}", f"num_{NOBODY}", kind=NotFoundError)
        await self.refused(409, numbers.buy, area_code="533")
        await self.refused(503, numbers.buy, country="ZW")
        number = await self.buy()
        for name, method, wrong in [
            ("limit", numbers.list, {"limit": 101}),
            ("offset", self.client.agents.list, {"offset": -1}),
            ("country", numbers.buy, {"country": "USA"}),
            ("areaCode", numbers.buy, {"country": "GB", "area_code": "303"}),
            ("type", numbers.buy, {"type": "imessage"}),
            ("expiresAt", numbers.buy, {"expires_at": "tomorrow"}),
            ("zip", numbers.available, {"zip": "80521"}),
            ("phoneNumbers", numbers.lookup, {"phone_numbers": ["1970"]}),
            ("to_number", send, {"number_id": number.id, "body": "hello"}),
            ("to_number", send, {"number_id": number.id, "to_number": "grp_123", "body": "hello"}),
            ("body", send, {"number_id": number.id, "to_number": CUSTOMER, "body": ""}),
            ("recipients", send, {"number_id": number.id, "recipients": [CUSTOMER, "+19705551235"], "body": "hello"}),
        ]:
            with self.subTest(name=name, wrong=wrong):
                [flaw] = await self.refused(422, method, **wrong)
                self.assertEqual(flaw["loc"][-1], name)
                self.assertTrue(flaw["msg"] and flaw["type"])

    async def test_a_limit_is_shown(self):
        with demo(0, LINEKEEPER_LIMITS__REQUESTS_PER_MINUTE="1") as limited:
            client = self.connect(limited["agencies"][0]["api_key"], limited["base_url"])
            await self.do(client.numbers.list)
            await self.refused(429, client.numbers.list, kind=RateLimitError)


class Synchronous(Asked, unittest.IsolatedAsyncioTestCase):
    CLIENT, AGENCY = AgentPhone, LUMEN


class Asynchronous(Asked, unittest.IsolatedAsyncioTestCase):
    CLIENT, AGENCY = AsyncAgentPhone, NORTHWIND


if __name__ == "__main__":
    unittest.main()
