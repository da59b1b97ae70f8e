// The simulator in Twilio's shape, asked by Twilio's own JavaScript client, of which nothing but the host is changed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import twilio from "twilio";

let simulator, directory, baseUrl, sid, token, client;

// Sends what is meant for api.twilio.com and pricing.twilio.com to the simulator.
class Redirected extends twilio.RequestClient {
  request(options) {
    const { pathname, search } = new URL(options.uri);
    return super.request({ ...options, uri: `${baseUrl}${pathname}${search}` });
  }
}

function signedIn(name, password, more = {}) {
  return twilio(name, password, { httpClient: new Redirected(), ...more });
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "twilio-"));
  const place = ["--listen", "127.0.0.1:0", "--state", directory];
  simulator = spawn(process.env.BINARY, ["simulate", "twilio", ...place], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = [];
  for await (const line of createInterface({ input: simulator.stdout })) {
    if (lines.push(line.split(" ").at(-1)) === 3) break;
  }
  [baseUrl, sid, token] = lines;
  client = signedIn(sid, token);
});

after(async () => {
  const ended = new Promise((resolve) => simulator.on("exit", resolve));
  simulator.kill("SIGTERM");
  await ended;
  rmSync(directory, { recursive: true });
});

async function refusal(promise) {
  const error = await promise.then(() => assert.fail("it was not refused"), (error) => error);
  assert.ok(error instanceof twilio.RestException, `${error}`);
  assert.equal(error.moreInfo, `https://www.twilio.com/docs/errors/${error.code}`);
  return [error.status, error.code];
}

async function control(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${baseUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

// Somebody who is told of things; `told(n)` gives n requests with their address, header and body.
async function receiver() {
  const all = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    all.push({ path: request.url, signature: request.headers["x-twilio-signature"], body });
    response.setHeader("content-type", "text/xml").end("<Response/>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const told = async (count) => {
    for (let waited = 0; all.length < count && waited < 20_000; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(all.length, count);
    return all;
  };
  const end = () => new Promise((resolve) => server.close(resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, told, end };
}

const parameters = (body) => Object.fromEntries(new URLSearchParams(body));

test("twilio searches, buys, fetches, updates and releases", async () => {
  const search = client.availablePhoneNumbers("US").local;
  const offers = await search.list({ areaCode: 303, contains: "30355*****", smsEnabled: true, limit: 3 });
  assert.equal(offers.length, 3);
  const [{ phoneNumber, friendlyName, locality, region, isoCountry, capabilities, addressRequirements }] = offers;
  assert.match(phoneNumber, /^\+130355/);
  assert.deepEqual([locality, region, isoCountry, addressRequirements], ["Denver", "CO", "US", "none"]);
  assert.deepEqual([capabilities.voice, capabilities.SMS], [true, true]);

  const numbers = client.incomingPhoneNumbers;
  const bought = await numbers.create({ phoneNumber, voiceUrl: "https://voice.example/a", voiceMethod: "GET" });
  assert.match(bought.sid, /^PN[0-9a-f]{32}$/);
  assert.deepEqual([bought.phoneNumber, bought.friendlyName, bought.accountSid], [phoneNumber, friendlyName, sid]);
  assert.deepEqual([bought.voiceUrl, bought.voiceMethod, bought.capabilities.sms], ["https://voice.example/a", "GET", true]);
  assert.ok(Math.abs(bought.dateCreated - Date.now()) < 60_000, `${bought.dateCreated}`);

  // A purchase of what is owned is an update.
  const again = await numbers.create({ phoneNumber, friendlyName: "Front desk" });
  assert.deepEqual([again.sid, again.friendlyName, again.voiceUrl], [bought.sid, "Front desk", bought.voiceUrl]);

  const updated = await numbers(bought.sid).update({ voiceUrl: "", smsUrl: "https://sms.example", smsMethod: "POST" });
  assert.deepEqual([updated.voiceUrl, updated.smsUrl], ["", "https://sms.example"]);
  const fetched = await numbers(bought.sid).fetch();
  assert.deepEqual(fetched.toJSON(), updated.toJSON());
  assert.equal((await numbers.list({ phoneNumber }))[0].sid, bought.sid);

  assert.equal(await numbers(bought.sid).remove(), true);
  assert.deepEqual(await refusal(numbers(bought.sid).fetch()), [404, 20404]);
  assert.deepEqual(await refusal(numbers(bought.sid).remove()), [404, 20404]);
});

test("twilio lists every number over small pages", async () => {
  const offers = await client.availablePhoneNumbers("CA").local.list({ limit: 12 });
  const bought = await Promise.all(offers.map(({ phoneNumber }) => client.incomingPhoneNumbers.create({ phoneNumber })));
  const listed = await client.incomingPhoneNumbers.list({ pageSize: 5 });
  assert.deepEqual(listed.map(({ sid }) => sid).sort(), bought.map(({ sid }) => sid).sort());
  assert.equal((await client.incomingPhoneNumbers.list({ pageSize: 5, limit: 7 })).length, 7);
  const page = await client.incomingPhoneNumbers.page({ pageSize: 5 });
  const next = await page.nextPage();
  assert.deepEqual([page.instances.length, next.instances.length, (await next.nextPage()).nextPageUrl], [5, 5, undefined]);
  for (const { sid } of bought) await client.incomingPhoneNumbers(sid).remove();
});

test("twilio shows why something was refused", async () => {
  const buy = (phoneNumber, more) => client.incomingPhoneNumbers.create({ phoneNumber, ...more });
  assert.deepEqual(await refusal(buy("+15005550000")), [400, 21422]);
  assert.deepEqual(await refusal(buy("+15005550001")), [400, 21421]);
  assert.deepEqual(await refusal(client.incomingPhoneNumbers.create({ areaCode: "533" })), [400, 21452]);
  assert.deepEqual(await refusal(client.availablePhoneNumbers("CA").mobile.list()), [404, 20404]);
  assert.deepEqual(await refusal(client.availablePhoneNumbers("US").local.list({ contains: "1" })), [400, 20422]);
  assert.deepEqual(await refusal(signedIn(sid, "wrong").incomingPhoneNumbers.list()), [401, 20003]);
  assert.deepEqual(await refusal(signedIn(sid, "wrong").pricing.v1.phoneNumbers.countries("US").fetch()), [401, 20003]);
  const other = signedIn(sid, token, { accountSid: `AC${"0".repeat(32)}` });
  assert.deepEqual(await refusal(other.incomingPhoneNumbers.list()), [401, 20003]);
  assert.deepEqual(await refusal(client.api.v2010.accounts(`AC${"0".repeat(32)}`).fetch()), [404, 20404]);

  await control("/faults", { deed: "owned", fault: "busy", times: 1 });
  assert.deepEqual(await refusal(client.incomingPhoneNumbers.list()), [429, 20429]);
  await control("/faults", { deed: "search", fault: "fail_after", times: 1 });
  assert.deepEqual(await refusal(client.availablePhoneNumbers("US").local.list()), [500, 20500]);
  await control("/faults", { deed: "acquire", fault: "drop_before", times: 1 });
  const lost = await buy("+15005550006").then(() => assert.fail("it was answered"), (error) => error);
  assert.ok(!(lost instanceof twilio.RestException), `${lost}`);
});

test("twilio brings what a country wants to know", async () => {
  const [{ phoneNumber, addressRequirements }] = await client.availablePhoneNumbers("DE").local.list({ limit: 1 });
  assert.equal(addressRequirements, "local");
  const buy = (more) => client.incomingPhoneNumbers.create({ phoneNumber, ...more });
  const place = { customerName: "Northwind", street: "Weg 1", city: "Berlin", region: "Berlin", postalCode: "10115" };
  const { sid: addressSid } = await client.addresses.create({ ...place, isoCountry: "DE", emergencyEnabled: true });
  assert.deepEqual(await refusal(buy({})), [400, 21631]);
  assert.deepEqual(await refusal(buy({ addressSid })), [400, 21649]);
  const { sid } = await buy({ addressSid, bundleSid: `BU${"b".repeat(32)}` });
  assert.deepEqual((await client.addresses.list()).map(({ sid }) => sid), [addressSid]);

  const number = client.incomingPhoneNumbers(sid);
  const { emergencyAddressStatus } = await number.update({ emergencyAddressSid: addressSid });
  assert.equal(emergencyAddressStatus, "registered");
  assert.deepEqual(await refusal(number.remove()), [400, 21631]);
  await number.update({ emergencyAddressSid: "" });
  assert.equal(await number.remove(), true);
});

test("twilio reads the account, its prices and what its numbers were used for", async () => {
  const account = await client.api.v2010.accounts(sid).fetch();
  assert.deepEqual([account.sid, account.status, account.type], [sid, "active", "Full"]);
  assert.deepEqual((await client.api.v2010.accounts.list()).map(({ sid }) => sid), [sid]);
  assert.equal((await client.balance.fetch()).currency, "USD");

  const prices = client.pricing.v1.phoneNumbers.countries;
  assert.equal((await prices.list()).length, 6);
  const { phoneNumberPrices, priceUnit } = await prices("US").fetch();
  assert.deepEqual({ ...phoneNumberPrices[0] }, { numberType: "local", basePrice: "1.15", currentPrice: "1.15" });
  assert.equal(priceUnit, "USD");

  const used = (kind, day) => ({ kind, from: "+19705551234", to: "+15005550006", at: `2026-03-0${day}T08:00:00Z` });
  await control("/uses", [1, 2, 3].map((day) => used("call", day)));
  await control("/uses", used("message", 4));
  const calls = await client.calls.list({ startTimeAfter: new Date("2026-03-02T00:00:00Z"), pageSize: 1 });
  assert.deepEqual(calls.map(({ startTime }) => startTime.toISOString().slice(0, 10)), ["2026-03-03", "2026-03-02"]);
  assert.deepEqual(await client.calls.list({ to: "+15005550009" }), []);
  const [message] = await client.messages.list({ dateSentAfter: new Date("2026-03-04T00:00:00Z") });
  assert.deepEqual([message.from, message.dateSent.toISOString()], ["+19705551234", "2026-03-04T08:00:00.000Z"]);
});

test("twilio sends, lists, fetches and deletes messages", async () => {
  const to = "+19705550142";
  const from = "+15005550006";
  const receiving = await receiver();
  const statusCallback = `${receiving.origin}/status?agency=1`;
  const sent = await client.messages.create({ to, from, body: "Grüße & more", statusCallback });
  assert.match(sent.sid, /^SM[0-9a-f]{32}$/);
  assert.deepEqual([sent.status, sent.direction, sent.to, sent.from], ["queued", "outbound-api", to, from]);
  assert.deepEqual([sent.numSegments, sent.numMedia, sent.errorCode, sent.dateSent], ["1", "0", null, null]);

  for (const [at, status] of Object.entries(["sent", "delivered"])) {
    const { signature, body, path } = (await receiving.told(2))[at];
    assert.equal(`${receiving.origin}${path}`, statusCallback);
    assert.ok(twilio.validateRequest(token, signature, statusCallback, parameters(body)));
    const { MessageSid, MessageStatus, SmsStatus } = parameters(body);
    assert.deepEqual([MessageSid, MessageStatus, SmsStatus], [sent.sid, status, status]);
  }
  await receiving.end();
  const fetched = await client.messages(sent.sid).fetch();
  assert.deepEqual([fetched.status, fetched.body], ["delivered", "Grüße & more"]);
  assert.ok(Math.abs(fetched.dateSent - Date.now()) < 60_000, `${fetched.dateSent}`);
  const picture = await client.messages.create({ to, from, mediaUrl: ["https://a.example/1.png", "https://a.example/2"] });
  assert.deepEqual([picture.sid.slice(0, 2), picture.numMedia], ["MM", "2"]);
  const listed = await client.messages.list({ to, pageSize: 1 });
  assert.deepEqual(listed.map(({ sid }) => sid), [picture.sid, sent.sid]);
  assert.equal(await client.messages(sent.sid).remove(), true);
  assert.deepEqual(await refusal(client.messages(sent.sid).fetch()), [404, 20404]);
});

test("twilio shows why a message was not sent", async () => {
  const send = (more) => client.messages.create({ to: "+19705550143", from: "+15005550006", body: "a", ...more });
  for (const [more, code] of [
    [{ to: "+15005550001" }, 21211],
    [{ to: "+15005550009" }, 21614],
    [{ to: "+15005550004" }, 21610],
    [{ from: "+15005550001" }, 21212],
    [{ from: "+15005550007" }, 21606],
    [{ from: "+15005550008" }, 21611],
    [{ from: "+19705550144" }, 21606],
    [{ body: "" }, 21602],
    [{ body: "a".repeat(1601) }, 21617],
  ]) {
    assert.deepEqual(await refusal(send(more)), [400, code], JSON.stringify(more).slice(0, 60));
  }
  await control("/faults", { deed: "send", fault: "fail_after", times: 1 });
  assert.deepEqual(await refusal(send({ body: "once" })), [500, 20500]);
  const accepted = await (await fetch(`${baseUrl}/messages`)).json();
  assert.deepEqual(accepted.filter(({ to }) => to === "+19705550143").map(({ text, injected }) => [text, injected]), [["once", false]]);
});

test("twilio signs what arrives as its own validators want it", async () => {
  const receiving = await receiver();
  const smsUrl = `${receiving.origin}/sms?agency=1&of=it's%20own`;
  const [{ phoneNumber }] = await client.availablePhoneNumbers("US").local.list({ smsEnabled: true, limit: 1 });
  const number = await client.incomingPhoneNumbers.create({ phoneNumber, smsUrl });
  const from = "+19705550145";
  const told = { from, to: phoneNumber, text: "1+1=2 & Grüße\n", media: ["https://a.example/1.png"], times: 2 };
  const { sid: messageSid, status, body } = await control("/inbound", told);
  assert.deepEqual([status, body], [200, "<Response/>"]);
  const [first, second] = await receiving.told(2);
  assert.deepEqual(first, second);
  const form = parameters(first.body);
  assert.ok(twilio.validateRequest(token, first.signature, smsUrl, form));
  assert.ok(!twilio.validateRequest(token, first.signature, smsUrl, { ...form, Body: "another" }));
  assert.ok(!twilio.validateRequest("another", first.signature, smsUrl, form));
  assert.deepEqual([form.MessageSid, form.From, form.To, form.Body], [messageSid, from, phoneNumber, told.text]);
  assert.deepEqual([form.NumMedia, form.MediaUrl0, form.MediaContentType0], ["1", told.media[0], "image/png"]);

  await control("/inbound", { from, to: phoneNumber, text: "stop", json: true });
  const { path, signature, body: json } = (await receiving.told(3))[2];
  const url = `${smsUrl}&${path.split("&").at(-1)}`;
  assert.ok(twilio.validateRequestWithBody(token, signature, url, json));
  assert.ok(!twilio.validateRequestWithBody(token, signature, url, `${json} `));
  assert.equal(JSON.parse(json).Body, "stop");
  await receiving.end();
  const message = await client.messages(messageSid).fetch();
  assert.deepEqual([message.direction, message.status, message.body], ["inbound", "received", told.text]);
  const send = () => client.messages.create({ from: phoneNumber, to: from, body: "a" });
  assert.deepEqual(await refusal(send()), [400, 21610]);
  await control("/inbound", { from, to: phoneNumber, text: "START" });
  assert.equal((await send()).status, "queued");
  await client.incomingPhoneNumbers(number.sid).remove();
});
