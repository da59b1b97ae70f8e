"""The simulator in Twilio's shape, asked by Twilio's own Python client, of which nothing but the host is changed."""

import json
import os
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client


class Redirected(TwilioHttpClient):
    """Sends what is meant for api.twilio.com and pricing.twilio.com to the simulator."""

    def __init__(self, base_url):
        super().__init__()
        self.base_url = base_url

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        return super().request(method, self.base_url + parts._replace(scheme="", netloc="").geturl(), *args, **kwargs)


class Receiver:
    """Somebody who is told of things: keeps the path, the signature and the body of every request."""

    def __enter__(self):
        all_told = self.all_told = []

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                all_told.append((self.path, self.headers["x-twilio-signature"], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def told(self, count):
        until = time.monotonic() + 20
        while len(self.all_told) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.all_told) == count, self.all_told
        return self.all_told


class Twilio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        command = [os.environ["BINARY"], "simulate", "twilio", "--listen", "127.0.0.1:0", "--state", cls.directory.name]
        cls.simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = [cls.simulator.stdout.readline().split()[-1] for _ in range(3)]
        cls.base_url, cls.sid, cls.token = said
        cls.client = cls.signed_in(cls.sid, cls.token)

    @classmethod
    def tearDownClass(cls):
        cls.simulator.terminate()
        cls.simulator.wait(10)
        cls.simulator.stdout.close()
        cls.directory.cleanup()

    @classmethod
    def signed_in(cls, sid, token):
        return Client(sid, token, http_client=Redirected(cls.base_url))

    def control(self, path, body):
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.base_url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.status, 200)
            return json.load(answer)

    def refused(self, status, code, deed, *args, **kwargs):
        with self.assertRaises(TwilioRestException) as refusal:
            deed(*args, **kwargs)
        self.assertEqual((refusal.exception.status, refusal.exception.code), (status, code))
        return refusal.exception.msg

    def test_searches_buys_fetches_updates_and_releases(self):
        offers = self.client.available_phone_numbers("US").local.list(in_region="TX", mms_enabled=True, limit=4)
        self.assertEqual([offer.region for offer in offers], ["TX"] * 4)
        number = offers[0].phone_number
        self.assertTrue(offers[0].capabilities["MMS"])

        numbers = self.client.incoming_phone_numbers
        bought = numbers.create(phone_number=number, voice_url="https://voice.example", friendly_name="Desk")
        self.assertRegex(bought.sid, "^PN[0-9a-f]{32}$")
        self.assertEqual((bought.phone_number, bought.friendly_name), (number, "Desk"))
        self.assertTrue(bought.capabilities["mms"])
        self.assertLess(abs((datetime.now(timezone.utc) - bought.date_created).total_seconds()), 60)
        again = numbers.create(phone_number=number, sms_url="https://sms.example")
        self.assertEqual((again.sid, again.voice_url), (bought.sid, "https://voice.example"))

        updated = numbers(bought.sid).update(voice_url="", trunk_sid="TK" + "1" * 32)
        self.assertEqual((updated.voice_url, updated.trunk_sid), ("", "TK" + "1" * 32))
        fetched = numbers(bought.sid).fetch()
        self.assertEqual((fetched.sms_url, fetched.trunk_sid), ("https://sms.example", updated.trunk_sid))
        self.assertEqual([found.sid for found in numbers.list(phone_number=number)], [bought.sid])

        self.assertTrue(numbers(bought.sid).delete())
        self.refused(404, 20404, numbers(bought.sid).fetch)
        self.refused(404, 20404, numbers(bought.sid).delete)

    def test_lists_every_number_over_small_pages(self):
        offers = self.client.available_phone_numbers("GB").local.list(limit=11)
        numbers = self.client.incoming_phone_numbers
        bought = {numbers.create(phone_number=offer.phone_number).sid for offer in offers}
        self.assertEqual({number.sid for number in numbers.stream(page_size=3)}, bought)
        self.assertEqual(len(numbers.list(page_size=3, limit=7)), 7)
        for sid in bought:
            numbers(sid).delete()
        self.assertEqual(numbers.list(), [])

    def test_refusals_are_shown(self):
        numbers = self.client.incoming_phone_numbers
        message = self.refused(400, 21422, numbers.create, phone_number="+15005550000")
        self.assertEqual(message, "Unable to create record: +15005550000 is not available")
        self.refused(400, 21421, numbers.create, phone_number="+15005550001")
        self.refused(400, 21452, numbers.create, area_code="533")
        self.refused(400, 20002, numbers.create, phone_number="+15005550006", friendly_name="x" * 65)
        self.refused(401, 20003, self.signed_in(self.sid, "wrong").incoming_phone_numbers("PN" + "0" * 32).fetch)
        for fault, status, code in [("busy", 429, 20429), ("fail_after", 500, 20500), ("refuse", 400, 20422)]:
            self.control("/faults", {"deed": "acquire", "fault": fault, "times": 1})
            self.refused(status, code, numbers.create, phone_number="+15005550000")

    def test_brings_what_a_country_wants_to_know(self):
        offer = self.client.available_phone_numbers("AU").mobile.list(limit=1)[0]
        self.assertEqual(offer.address_requirements, "any")
        numbers = self.client.incoming_phone_numbers
        self.refused(400, 21631, numbers.create, phone_number=offer.phone_number)
        place = {"street": "1 George St", "city": "Sydney", "region": "NSW", "postal_code": "2000", "iso_country": "AU"}
        address = self.client.addresses.create(customer_name="Northwind", **place)
        bought = numbers.create(phone_number=offer.phone_number, address_sid=address.sid)
        self.assertEqual((bought.address_sid, bought.address_requirements), (address.sid, "any"))
        numbers(bought.sid).delete()

    def test_reads_the_account_its_prices_and_its_logs(self):
        account = self.client.api.v2010.accounts(self.sid).fetch()
        self.assertEqual((account.sid, account.status), (self.sid, "active"))
        self.assertEqual(self.client.balance.fetch().balance, "100.00")
        prices = self.client.pricing.v1.phone_numbers.countries
        self.assertEqual(len(prices.list()), 6)
        kinds = [price["number_type"] for price in prices("GB").fetch().phone_number_prices]
        self.assertEqual(kinds, ["local", "toll free", "mobile", "national"])

        uses = [{"kind": "call", "from": "+1", "to": "+2", "at": f"2026-04-0{day}T08:00:00Z"} for day in (1, 2, 3)]
        self.control("/uses", uses + [{"kind": "message", "from": "+1", "to": "+2", "at": "2026-04-04T08:00:00Z"}])
        since = datetime(2026, 4, 2, tzinfo=timezone.utc)
        calls = self.client.calls.list(start_time_after=since, page_size=1)
        self.assertEqual([call.start_time.day for call in calls], [3, 2])
        self.assertEqual([call.start_time.day for call in self.client.calls.list(start_time_before=since)], [1])
        messages = self.client.messages.list(date_sent_before=datetime(2026, 4, 5, tzinfo=timezone.utc), to="+2")
        self.assertEqual([message.from_ for message in messages], ["+1"])

    def test_sends_lists_fetches_and_deletes_messages(self):
        ours, theirs = "+15005550006", "+19705550152"
        with Receiver() as receiver:
            url = receiver.origin + "/status?agency=1"
            sent = self.client.messages.create(to=theirs, from_=ours, body="Grüße", status_callback=url)
            self.assertRegex(sent.sid, "^SM[0-9a-f]{32}$")
            self.assertEqual((sent.status, sent.direction, sent.body), ("queued", "outbound-api", "Grüße"))
            validator = RequestValidator(self.token)
            for (_, signature, body), status in zip(receiver.told(2), ["sent", "delivered"]):
                form = dict(parse_qsl(body, keep_blank_values=True))
                self.assertTrue(validator.validate(url, form, signature))
                self.assertEqual((form["MessageSid"], form["MessageStatus"]), (sent.sid, status))
        message = self.client.messages(sent.sid)
        self.assertEqual(message.fetch().status, "delivered")
        self.assertEqual([found.sid for found in self.client.messages.list(to=theirs)], [sent.sid])
        self.assertTrue(message.delete())
        self.refused(404, 20404, message.fetch)

    def test_refusals_of_messages_are_shown(self):
        for more, code in [
            ({"to": "+15005550001"}, 21211),
            ({"to": "+15005550009"}, 21614),
            ({"from_": "+15005550007"}, 21606),
            ({"from_": "+15005550008"}, 21611),
            ({"body": ""}, 21602),
            ({"body": "a" * 1601}, 21617),
        ]:
            message = {"to": "+19705550153", "from_": "+15005550006", "body": "a", **more}
            self.refused(400, code, self.client.messages.create, **message)

    def test_signs_what_arrives_as_its_own_validator_wants_it(self):
        offer = self.client.available_phone_numbers("US").local.list(sms_enabled=True, limit=1)[0]
        ours, theirs = offer.phone_number, "+19705550154"
        with Receiver() as receiver:
            url = receiver.origin + "/sms?agency=1"
            number = self.client.incoming_phone_numbers.create(phone_number=ours, sms_url=url)
            told = self.control("/inbound", {"from": theirs, "to": ours, "text": "Stop"})
            self.control("/inbound", {"from": theirs, "to": ours, "text": "a", "json": True})
            (_, signature, body), (path, json_signature, json_body) = receiver.told(2)
        form = dict(parse_qsl(body, keep_blank_values=True))
        validator = RequestValidator(self.token)
        self.assertTrue(validator.validate(url, form, signature))
        self.assertFalse(validator.validate(url, {**form, "Body": "another"}, signature))
        self.assertTrue(validator.validate(receiver.origin + path, json_body, json_signature))
        self.assertEqual((form["MessageSid"], form["From"], form["Body"]), (told["sid"], theirs, "Stop"))
        self.refused(400, 21610, self.client.messages.create, to=theirs, from_=ours, body="a")
        number.delete()


if __name__ == "__main__":
    unittest.main()
