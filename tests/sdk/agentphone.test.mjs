// The agentphone dialect, asked by the product's own JavaScript client. Run by ./run against a real server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AgentPhone, AgentPhoneClient, AgentPhoneError } from "agentphone";

const demo = JSON.parse(readFileSync(process.env.DEMO_CREDENTIALS, "utf8"));
const [, lumen, bright] = demo.agencies;
const CUSTOMER = "+19705551234";

const signedIn = (token) => new AgentPhoneClient({ baseUrl: demo.base_url, token, maxRetries: 0 });
const client = signedIn(lumen.api_key);
const { numbers, agents, messages } = client;

async function refusal(promise, kind = AgentPhoneError) {
  const error = await promise.then(() => assert.fail("it was not refused"), (error) => error);
  assert.ok(error instanceof kind, `${error}`);
  return [error.statusCode, error.body.error.code];
}

async function buy(t, wanted, options) {
  const number = await numbers.createNumber(wanted, options);
  t.after(async () => {
    const { status } = await numbers.getNumber({ number_id: number.id });
    if (status !== "released") await numbers.deleteNumber({ number_id: number.id });
  });
  return number;
}

async function hire(t, wanted) {
  const agent = await agents.createAgent(wanted);
  t.after(() => agents.deleteAgent({ agent_id: agent.id }).catch((error) => assert.equal(error.statusCode, 404)));
  return agent;
}

test("agentphone buys, lists, shows and releases numbers", async (t) => {
  const number = await buy(t, { country: "US", areaCode: "206" });
  const number_id = number.id;
  assert.deepEqual(Object.keys(number).sort(), ["agentId", "country", "createdAt", "id", "phoneNumber", "status", "type"]);
  assert.match(number_id, /^num_[0-9a-f]{32}$/);
  assert.match(number.phoneNumber, /^\+1206\d{7}$/);
  assert.deepEqual([number.country, number.status, number.type, number.agentId], ["US", "active", "sms", null]);
  assert.ok(Math.abs(Date.parse(number.createdAt) - Date.now()) < 60_000);
  assert.deepEqual(await numbers.getNumber({ number_id }), number);

  const listed = [];
  for (let more = true; more; ) {
    const page = await numbers.listNumbers({ offset: listed.length });
    listed.push(...page.data);
    more = page.hasMore;
    assert.deepEqual([page.data.length === 20 || !more, more], [true, listed.length < page.total]);
  }
  assert.deepEqual(listed[0], number);
  assert.equal(new Set(listed.map(({ id }) => id)).size, listed.length);
  const { data } = await numbers.listNumbers({ offset: 1 }, { queryParams: { limit: 3 } });
  assert.deepEqual(data, listed.slice(1, 4));

  const { data: released, rawResponse } = await numbers.deleteNumber({ number_id }).withRawResponse();
  assert.equal(rawResponse.status, 200);
  assert.deepEqual(released, { success: true, phoneNumber: number.phoneNumber, status: "released" });
  assert.deepEqual(await numbers.getNumber({ number_id }), { ...number, status: "released" });
  const { data: left, total } = await numbers.listNumbers();
  assert.deepEqual([left[0], total], [listed[1], listed.length - 1]);
  assert.deepEqual(await refusal(numbers.deleteNumber({ number_id })), [400, "BAD_REQUEST"]);
});

test("agentphone buys once for each idempotency key, and each time without one", async (t) => {
  const once = { headers: { "Idempotency-Key": "order-1-of-agentphone" } };
  const first = await buy(t, {}, once);
  assert.deepEqual(await numbers.createNumber({}, once), first);
  assert.deepEqual(await refusal(numbers.createNumber({ areaCode: "206" }, once)), [422, "IDEMPOTENCY_ERROR"]);
  assert.notEqual((await buy(t, {})).id, (await buy(t, {})).id);
});

test("agentphone makes, changes and deletes agents, and gives them numbers", async (t) => {
  const agent = await hire(t, { name: "Front desk", voice: "en-GB-Warm", language: "en-GB", voiceMode: "webhook" });
  const agent_id = agent.id;
  assert.match(agent_id, /^agt_[0-9a-f]{32}$/);
  const { createdAt, id, ...told } = agent;
  const asked = { name: "Front desk", voice: "en-GB-Warm", language: "en-GB", voiceMode: "webhook" };
  assert.deepEqual(told, { ...asked, description: null, numbers: [] });
  const { data, total } = await agents.listAgents({}, { queryParams: { limit: 100 } });
  assert.equal(data.length, total);
  assert.deepEqual(data.find(({ id }) => id === agent_id), agent);
  assert.deepEqual((await agents.listAgents({ offset: 1 })).data, data.slice(1, 21));

  const changed = await agents.updateAgent({ agent_id, name: "Reception", language: "de-DE" });
  assert.deepEqual(changed, { ...agent, name: "Reception", language: "de-DE" });

  const { id: bought } = await buy(t, { agentId: agent_id });
  const spare = await buy(t, {});
  const attached = await agents.attachNumberToAgent({ agent_id, numberId: spare.id });
  const shown = { id: spare.id, phoneNumber: spare.phoneNumber, status: "active", type: "sms" };
  assert.deepEqual(attached, { agentId: agent_id, number: shown });
  const { numbers: answered } = await agents.getAgent({ agent_id });
  assert.deepEqual(answered.map(({ id }) => id).sort(), [bought, spare.id].sort());

  const other = await hire(t, { name: "Night shift" });
  const taken = agents.attachNumberToAgent({ agent_id: other.id, numberId: spare.id });
  assert.deepEqual(await refusal(taken), [409, "CONFLICT"]);
  assert.deepEqual(await agents.detachNumberFromAgent({ agent_id, number_id: spare.id }), { success: true });
  assert.equal((await numbers.getNumber({ number_id: spare.id })).agentId, null);

  assert.deepEqual(await agents.deleteAgent({ agent_id }), { success: true, id: agent_id, name: "Reception" });
  assert.equal((await numbers.getNumber({ number_id: bought })).agentId, null);
  assert.deepEqual(await refusal(agents.getAgent({ agent_id })), [404, "AGENT_NOT_FOUND"]);
});

test("agentphone sends messages, and reads them after the release, too", async (t) => {
  const { id: agent_id } = await hire(t, { name: "Front desk" });
  const { id: number_id, phoneNumber } = await buy(t, { agentId: agent_id });
  const picture = "https://a.example/1.png";
  const sent = [];
  for (const [how, body] of [
    [{ agent_id }, "Grüße 👋"],
    [{ number_id, media_urls: [picture] }, ""],
    [{ from_number: phoneNumber, agent_id }, "three"],
  ]) {
    const message = await messages.sendMessage({ to_number: CUSTOMER, body, ...how });
    const { id, ...told } = message;
    assert.match(id, /^msg_[0-9a-f]{32}$/);
    assert.deepEqual(told, {
      status: "delivered",
      channel: "sms",
      from_number: phoneNumber,
      to_number: CUSTOMER,
      conversation_id: null,
      media_urls: how.media_urls ?? [],
    });
    sent.unshift(id);
  }

  const read = (more) => numbers.getMessages({ number_id, ...more });
  const { data, hasMore } = await read();
  assert.deepEqual([data.map(({ id }) => id), hasMore], [sent, false]);
  const { from_, to, body, direction, channel } = data[2];
  assert.deepEqual([from_, to, body, direction, channel], [phoneNumber, CUSTOMER, "Grüße 👋", "outbound", "sms"]);
  assert.deepEqual((await read({ after: data[2].receivedAt })).data, data.slice(0, 2));

  await numbers.deleteNumber({ number_id });
  const walked = [];
  for (let more = true; more; ) {
    const page = await read({ limit: 1, before: walked.at(-1)?.receivedAt });
    walked.push(...page.data);
    more = page.hasMore;
  }
  assert.deepEqual(walked, data);
  const late = messages.sendMessage({ number_id, to_number: CUSTOMER, body: "too late" });
  assert.deepEqual(await refusal(late), [409, "CONFLICT"]);
});

test("agentphone reads the refusals", async (t) => {
  assert.deepEqual(await refusal(signedIn("lk_wrong").numbers.listNumbers()), [401, "AUTHENTICATION_ERROR"]);
  const number_id = `num_${"0".repeat(32)}`;
  for (const missing of [numbers.getNumber, numbers.deleteNumber, numbers.getMessages]) {
    assert.deepEqual(await refusal(missing.call(numbers, { number_id })), [404, "PHONE_NUMBER_NOT_FOUND"]);
  }
  assert.deepEqual(await refusal(numbers.createNumber({ areaCode: "533" })), [409, "CONFLICT"]);
  assert.deepEqual(await refusal(numbers.createNumber({ country: "ZW" })), [503, "CARRIER_ERROR"]);
  const { id } = await buy(t, {});
  const send = (more) => messages.sendMessage({ number_id: id, to_number: CUSTOMER, body: "hello", ...more });
  for (const [name, ask] of [
    ["offset", () => numbers.listNumbers({ offset: -1 })],
    ["limit", () => numbers.getMessages({ number_id: id, limit: 201 })],
    ["before", () => numbers.getMessages({ number_id: id, before: "yesterday" })],
    ["country", () => numbers.createNumber({ country: "USA" })],
    ["areaCode", () => numbers.createNumber({ country: "GB", areaCode: "303" })],
    ["recipients", () => send({ recipients: [CUSTOMER, "+19705551235"] })],
    ["send_style", () => send({ send_style: "confetti" })],
    ["reply_to_message_id", () => send({ reply_to_message_id: "msg_1" })],
    ["body", () => send({ body: "" })],
  ]) {
    const error = await ask().then(() => assert.fail(name), (error) => error);
    assert.ok(error instanceof AgentPhone.UnprocessableEntityError, `${name}: ${error}`);
    const [{ loc, msg, type }, ...others] = error.body.detail;
    assert.deepEqual([loc.at(-1), typeof msg, typeof type, others], [name, "string", "string", []]);
    assert.equal(error.body.error.code, "VALIDATION_ERROR");
  }
});

test("agentphone's sub-accounts are the children of a partner's agency", async (t) => {
  const { key, children } = demo.partner_key;
  assert.deepEqual(children, [bright.id]);
  const partner = signedIn(key);
  const account = { "X-Sub-Account-Id": `sub_${bright.id.replaceAll("-", "")}` };
  const number = await partner.numbers.createNumber(account);
  const number_id = number.id;
  const own = signedIn(bright.api_key).numbers;
  t.after(() => own.deleteNumber({ number_id }).catch((error) => assert.equal(error.statusCode, 400)));
  assert.deepEqual(await own.getNumber({ number_id }), number);
  assert.deepEqual((await partner.numbers.listNumbers(account)).data[0], number);
  assert.deepEqual(await refusal(partner.numbers.getNumber({ number_id })), [404, "PHONE_NUMBER_NOT_FOUND"]);
  const { id: agent_id } = await partner.agents.createAgent({ ...account, name: "Sub-account's" });
  assert.equal((await partner.agents.updateAgent({ ...account, agent_id, name: "Renamed" })).name, "Renamed");
  assert.equal((await partner.agents.getAgent({ ...account, agent_id })).name, "Renamed");
  assert.ok((await partner.agents.listAgents(account)).data.some(({ id }) => id === agent_id));
  assert.deepEqual(await refusal(partner.agents.getAgent({ agent_id })), [404, "AGENT_NOT_FOUND"]);
  assert.equal((await partner.agents.deleteAgent({ ...account, agent_id })).success, true);
  assert.equal((await partner.numbers.deleteNumber({ ...account, number_id })).status, "released");

  const foreign = { "X-Sub-Account-Id": lumen.id };
  assert.deepEqual(await refusal(partner.numbers.listNumbers(foreign)), [404, "SUB_ACCOUNT_NOT_FOUND"]);
  assert.deepEqual(await refusal(numbers.listNumbers(account)), [404, "SUB_ACCOUNT_NOT_FOUND"]);
});
