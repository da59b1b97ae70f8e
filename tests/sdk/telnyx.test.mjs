// The simulated Telnyx, asked by Telnyx' own client, unmodified. Run by ./run, which says where the binary is.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import Telnyx from "telnyx";

const state = mkdtempSync(join(tmpdir(), "telnyx-"));
let simulator, url, apiKey, publicKey;

before(async () => {
  const place = ["simulate", "telnyx", "--listen", "127.0.0.1:0", "--state", state];
  simulator = spawn(process.env.BINARY, place, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: simulator.stdout })[Symbol.asyncIterator]();
  url = (await lines.next()).value.replace("listening on ", "");
  apiKey = (await lines.next()).value.replace("API key: ", "");
  publicKey = (await lines.next()).value.replace("public key: ", "");
});

after(async () => {
  simulator.kill();
  await once(simulator, "exit");
  rmSync(state, { recursive: true });
});

function telnyx(key = apiKey) {
  return new Telnyx({ apiKey: key, publicKey, baseURL: `${url}/v2`, maxRetries: 0 });
}

async function tell(path, body) {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200);
  return answer.json();
}

// Somebody who is told of events; `told(n)` gives n of them, each as Telnyx' own client unwraps and verifies it.
async function receiver() {
  const all = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    all.push({ body, headers: request.headers });
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const told = async (count) => {
    for (let waited = 0; all.length < count && waited < 20_000; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(all.length, count);
    return Promise.all(all.map(({ body, headers }) => telnyx().webhooks.unwrap(body, { headers })));
  };
  const end = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${server.address().port}/events?a=b`, all, told, end };
}

// A number that has a messaging profile.
async function sender() {
  const { id, phone_number } = await bought();
  const messaging_profile_id = "abc85f64-5717-4562-b3fc-2c9600000001";
  await telnyx().phoneNumbers.messaging.update(id, { messaging_profile_id });
  return phone_number;
}

async function found(filter) {
  const { data, meta } = await telnyx().availablePhoneNumbers.list({ filter });
  assert.equal(meta.total_results, data.length);
  return data;
}

async function bought(filter = { country_code: "US", limit: 1 }) {
  const [{ phone_number }] = await found(filter);
  await telnyx().numberOrders.create({ phone_numbers: [{ phone_number }], customer_reference: "sdk" });
  const { data } = await telnyx().phoneNumbers.list({ filter: { phone_number } });
  assert.equal(data.length, 1);
  return data[0];
}

async function refusal(promise, kind, status, code) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof kind, `${error.constructor.name}: ${error}`);
    assert.deepEqual([error.status, error.error.errors[0].code], [status, code]);
    return true;
  });
}

test("telnyx searches", async () => {
  const filter = { country_code: "US", national_destination_code: "303", features: ["sms", "voice"], limit: 5 };
  const numbers = await found(filter);
  assert.equal(numbers.length, 5);
  for (const number of numbers) {
    assert.match(number.phone_number, /^\+1303\d{7}$/);
    assert.equal(number.record_type, "available_phone_number");
    assert.equal(number.cost_information.currency, "USD");
    assert.ok(number.features.some(({ name }) => name === "sms"));
  }
  const [number] = await found({ ...filter, phone_number: { ends_with: "7" } });
  assert.match(number.phone_number, /7$/);
});

test("telnyx orders a number and reads the order back", async () => {
  const [{ phone_number }] = await found({ country_code: "US", phone_number_type: "toll_free", limit: 1 });
  const customer_reference = "0198c0de-0000-7000-8000-000000000001";
  const wish = { phone_numbers: [{ phone_number }], customer_reference, connection_id: "1494404757140276705" };
  const { data: order } = await telnyx().numberOrders.create(wish);
  assert.deepEqual([order.status, order.phone_numbers_count, order.requirements_met], ["success", 1, true]);
  assert.equal(order.phone_numbers[0].phone_number_type, "toll_free");
  assert.deepEqual((await telnyx().numberOrders.retrieve(order.id)).data, order);
  const orders = [];
  for await (const one of telnyx().numberOrders.list({ filter: { customer_reference } })) orders.push(one.id);
  assert.deepEqual(orders, [order.id]);
  await refusal(telnyx().numberOrders.create(wish), Telnyx.ConflictError, 409, "85001");
});

test("telnyx waits for an order that pends", async () => {
  await tell("/orders/pending", { times: 1, seconds: 2 });
  const number = await bought();
  assert.equal(number.status, "purchase-pending");
  const deadline = Date.now() + 20_000;
  for (let status; status !== "active"; ) {
    assert.ok(Date.now() < deadline, status);
    status = (await telnyx().phoneNumbers.retrieve(number.id)).data.status;
  }
});

test("telnyx gives up an order that a regulator holds up", async () => {
  const [{ phone_number }] = await found({ country_code: "DE", limit: 1 });
  const { data: order } = await telnyx().numberOrders.create({ phone_numbers: [{ phone_number }] });
  assert.deepEqual([order.status, order.requirements_met], ["pending", false]);
  await telnyx().subNumberOrders.cancel(order.sub_number_orders_ids[0]);
  assert.equal((await telnyx().numberOrders.retrieve(order.id)).data.status, "failure");
});

test("telnyx pages through every number once", async () => {
  const wanted = (await found({ country_code: "US", limit: 60 })).map(({ phone_number }) => ({ phone_number }));
  await telnyx().numberOrders.create({ phone_numbers: wanted, customer_reference: "pages" });
  for (const size of [250, 25, undefined]) {
    const seen = new Set();
    let count = 0;
    const filter = { customer_reference: "pages" };
    for await (const number of telnyx().phoneNumbers.list({ "page[size]": size, filter })) {
      seen.add(number.id);
      count += 1;
    }
    assert.deepEqual([count, seen.size], [60, 60]);
  }
});

test("telnyx changes a number, its calls and its messages", async () => {
  const { id, phone_number } = await bought();
  const change = { connection_id: "17", customer_reference: "desk", tags: ["a", "b"], external_pin: "1234" };
  const { data: updated } = await telnyx().phoneNumbers.update(id, change);
  assert.deepEqual(Object.fromEntries(Object.keys(change).map((name) => [name, updated[name]])), change);

  const { data: voice } = await telnyx().phoneNumbers.voice.update(id, { tech_prefix_enabled: true });
  assert.deepEqual([voice.phone_number, voice.connection_id, voice.tech_prefix_enabled], [phone_number, "17", true]);
  assert.deepEqual((await telnyx().phoneNumbers.voice.retrieve(id)).data, voice);

  const messaging_profile_id = "abc85f64-5717-4562-b3fc-2c9600000000";
  const { data: messaging } = await telnyx().phoneNumbers.messaging.update(id, { messaging_profile_id });
  assert.equal(messaging.messaging_profile_id, messaging_profile_id);
  assert.deepEqual((await telnyx().phoneNumbers.messaging.retrieve(id)).data, messaging);
  const listed = [];
  const filter = { "filter[messaging_profile_id]": messaging_profile_id };
  for await (const one of telnyx().phoneNumbers.messaging.list(filter)) listed.push(one.phone_number);
  assert.deepEqual(listed, [phone_number]);
  assert.equal((await telnyx().phoneNumbers.retrieve(id)).data.messaging_profile_id, messaging_profile_id);
});

test("telnyx deletes a number", async () => {
  const { id, phone_number } = await bought();
  await tell("/locks", { phone_number, locked: true });
  await refusal(telnyx().phoneNumbers.delete(id), Telnyx.UnprocessableEntityError, 422, "10027");
  await tell("/locks", { phone_number, locked: false });
  const { data } = await telnyx().phoneNumbers.delete(id);
  assert.deepEqual([data.id, data.status], [id, "deleted"]);
  await refusal(telnyx().phoneNumbers.delete(id), Telnyx.NotFoundError, 404, "10005");
  await refusal(telnyx().phoneNumbers.retrieve(id), Telnyx.NotFoundError, 404, "10005");
});

test("telnyx reads calls and messages", async () => {
  const { phone_number } = await bought();
  const at = "2025-01-15T12:00:00Z";
  for (let call = 0; call < 60; call += 1) {
    await tell("/uses", { kind: "call", from: `+130355502${call + 10}`, to: phone_number, at, seconds: call });
  }
  await tell("/uses", { kind: "message", from: phone_number, to: "+13035550100", at });
  const calls = [];
  const ofCalls = { record_type: "sip-trunking", cld: phone_number, started_at: { gte: "2025-01-15" } };
  for await (const call of telnyx().detailRecords.list({ filter: ofCalls, "page[size]": 50 })) calls.push(call);
  assert.equal(new Set(calls.map(({ id }) => id)).size, 60);
  assert.ok(calls.every(({ direction, started_at }) => direction === "inbound" && started_at === at));
  const { data: messages } = await telnyx().detailRecords.list({ filter: { record_type: "messaging" } });
  assert.deepEqual(messages.map(({ cli, created_at }) => [cli, created_at]), [[phone_number, at]]);
  const wrong = { record_type: "messaging", started_at: { gte: "2025-01-15" } };
  await refusal(telnyx().detailRecords.list({ filter: wrong }), Telnyx.BadRequestError, 400, "10015");
});

test("telnyx tells errors apart", async () => {
  assert.equal((await telnyx().balance.retrieve()).data.record_type, "balance");
  await refusal(telnyx("KEY_of_somebody_else").balance.retrieve(), Telnyx.AuthenticationError, 401, "10009");
  const unsearched = { phone_numbers: [{ phone_number: "+15005550006" }] };
  await refusal(telnyx().numberOrders.create(unsearched), Telnyx.UnprocessableEntityError, 422, "85000");
  await refusal(telnyx().numberOrders.create({}), Telnyx.BadRequestError, 400, "10004");
  await tell("/faults", { deed: "owned", fault: "busy", times: 1 });
  await refusal(telnyx().phoneNumbers.list(), Telnyx.RateLimitError, 429, "10011");
  await tell("/faults", { deed: "search", fault: "fail_after", times: 1 });
  await refusal(found({ country_code: "US" }), Telnyx.InternalServerError, 500, "10007");
  await tell("/faults", { deed: "owned", fault: "drop_before", times: 1 });
  await assert.rejects(telnyx().phoneNumbers.list(), Telnyx.APIConnectionError);
});

test("telnyx sends messages and tells what becomes of them", async () => {
  const from = await sender();
  const to = "+19705550162";
  const receiving = await receiver();
  const { data: sent } = await telnyx().messages.send({ from, to, text: "Grüße", webhook_url: receiving.url });
  assert.deepEqual([sent.record_type, sent.direction, sent.type, sent.parts], ["message", "outbound", "SMS", 1]);
  assert.deepEqual([sent.from.phone_number, sent.to[0].phone_number, sent.to[0].status], [from, to, "queued"]);
  const events = (await receiving.told(2)).map(({ data }) => [data.event_type, data.payload.id, data.payload.to[0].status]);
  assert.deepEqual(events, [["message.sent", sent.id, "sent"], ["message.finalized", sent.id, "delivered"]]);
  await receiving.end();
  const { data } = await telnyx().messages.retrieve(sent.id);
  assert.deepEqual([data.text, data.to[0].status, data.errors], ["Grüße", "delivered", []]);
  const { data: picture } = await telnyx().messages.send({ from, to: [to], media_urls: ["https://a.example/1.png"] });
  assert.deepEqual([picture.type, picture.media[0].url], ["MMS", "https://a.example/1.png"]);
});

test("telnyx shows why a message was not sent", async () => {
  const from = await sender();
  const { phone_number: without } = await bought();
  const send = (more) => telnyx().messages.send({ from, to: "+19705550163", text: "a", ...more });
  for (const [more, code] of [
    [{ from: without }, "40305"],
    [{ from: "+19705550164" }, "40305"],
    [{ to: "9705550163" }, "40310"],
    [{ text: "" }, "40316"],
    [{ from: undefined }, "10004"],
  ]) {
    await refusal(send(more), Telnyx.BadRequestError, 400, code);
  }
  await refusal(telnyx().messages.retrieve("none"), Telnyx.NotFoundError, 404, "10005");
  await tell("/faults", { deed: "send", fault: "drop_after", times: 1 });
  await assert.rejects(send({ text: "once" }), Telnyx.APIConnectionError);
  const accepted = await (await fetch(`${url}/messages`)).json();
  assert.deepEqual(accepted.filter((one) => one.from === from).map(({ text }) => text), ["once"]);
});

test("telnyx signs what arrives as its own client wants it", async () => {
  const to = await sender();
  const from = "+19705550165";
  const receiving = await receiver();
  const told = await tell("/inbound", { from, to, text: "stop", times: 2, url: receiving.url });
  assert.deepEqual([told.status, told.body], [200, "ok"]);
  for (const { data } of await receiving.told(2)) {
    assert.deepEqual([data.id, data.event_type, data.payload.id], [told.id, "message.received", told.message_id]);
    assert.deepEqual([data.payload.from.phone_number, data.payload.text], [from, "stop"]);
    assert.ok(Math.abs(Date.parse(data.occurred_at) - Date.now()) < 60_000, data.occurred_at);
  }
  const [{ body, headers }] = receiving.all;
  await assert.rejects(telnyx().webhooks.unwrap(`${body} `, { headers }), /signature does not match/);
  await receiving.end();
  const { data } = await telnyx().messages.retrieve(told.message_id);
  assert.deepEqual([data.direction, data.text], ["inbound", "stop"]);
  const send = () => telnyx().messages.send({ from: to, to: from, text: "a" });
  await refusal(send(), Telnyx.BadRequestError, 400, "40300");
  await tell("/inbound", { from, to, text: "START" });
  await send();
});
