// The supabase dialect, asked by the product's own JavaScript clients. Run by ./run against a real server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FunctionsClient, FunctionsHttpError } from "@supabase/functions-js";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const demo = JSON.parse(readFileSync(process.env.DEMO_CREDENTIALS, "utf8"));
const [northwind, lumen, , harbour] = demo.agencies;

function functions(token) {
  const client = new FunctionsClient(`${demo.base_url}/functions/v1`);
  if (token) client.setAuth(token);
  return client;
}

async function list(client, query = "") {
  const { data, error } = await client.invoke(`phone-numbers-list${query}`, { method: "GET" });
  assert.equal(error, null);
  return data;
}

async function refusal(promise) {
  const { data, error } = await promise;
  assert.equal(data, null);
  assert.ok(error instanceof FunctionsHttpError, `${error}`);
  return { status: error.context.status, headers: error.context.headers, body: await error.context.json() };
}

test("functions-js lists with filters", async () => {
  const client = functions(northwind.users.member.jwt);
  const everything = await list(client, "?include_released=true&limit=200");
  assert.equal(everything.phone_numbers.length, 200);
  assert.equal(everything.pagination.total, everything.summary.total);
  assert.deepEqual(everything.available_agents, []);

  const { summary } = everything;
  assert.equal(summary.total, summary.active + summary.pending + summary.suspended + summary.released);
  assert.equal(summary.active, summary.assigned + summary.unassigned);
  for (const status of ["pending", "active", "suspended", "released"]) {
    const page = await list(client, `?status=${status}&limit=3`);
    assert.equal(page.pagination.total, summary[status]);
    assert.ok(page.phone_numbers.every((number) => number.status === status));
  }

  const { number_id, phone_number, agent_mapping_id } = northwind.sample;
  const found = await list(client, `?search=${encodeURIComponent(phone_number)}`);
  assert.deepEqual(found.phone_numbers.map((number) => number.id), [number_id]);
  const answered = await list(client, `?agent_id=${agent_mapping_id}&limit=200`);
  assert.ok(answered.phone_numbers.some((number) => number.id === number_id));
  assert.ok(answered.phone_numbers.every((number) => number.agent_mappings.id === agent_mapping_id));
});

test("functions-js pages through every number once", async () => {
  const client = functions(northwind.users.owner.jwt);
  const seen = [];
  for (let more = true; more; ) {
    const page = await list(client, `?limit=200&offset=${seen.length}`);
    seen.push(...page.phone_numbers);
    more = page.pagination.has_more;
    assert.equal(more, seen.length < page.pagination.total);
  }
  assert.equal(new Set(seen.map((number) => number.id)).size, seen.length);
  const key = (number) => `${number.created_at} ${number.id}`;
  assert.deepEqual(seen, [...seen].sort((a, b) => (key(a) < key(b) ? 1 : -1)));
});

test("functions-js sees one agency only", async () => {
  const theirs = await list(functions(lumen.users.owner.jwt), `?search=${northwind.sample.phone_number.slice(1)}`);
  assert.equal(theirs.pagination.total, 0);
  const empty = await list(functions(harbour.users.owner.jwt));
  assert.equal(empty.summary.total, 0);
});

test("functions-js reads the refusals", async () => {
  const none = await refusal(functions().invoke("phone-numbers-list", { method: "GET" }));
  assert.equal(none.status, 401);
  assert.deepEqual(none.body, {
    code: "UNAUTHORIZED_NO_AUTH_HEADER",
    message: "Missing authorization header",
    msg: "Missing authorization header",
  });
  assert.equal(none.headers.get("sb-error-code"), "UNAUTHORIZED_NO_AUTH_HEADER");

  const forged = await refusal(functions(`${northwind.users.owner.jwt}x`).invoke("phone-numbers-list", { method: "GET" }));
  assert.equal(forged.status, 401);

  const homeless = await refusal(functions(demo.user_without_agency.jwt).invoke("phone-numbers-list", { method: "GET" }));
  assert.equal(homeless.status, 403);
  assert.equal(typeof homeless.body.error, "string");

  const owner = functions(northwind.users.owner.jwt);
  const posted = await refusal(owner.invoke("phone-numbers-list", { method: "POST", body: { limit: 1 } }));
  assert.equal(posted.status, 405);
  assert.equal(posted.headers.get("allow"), "GET");
  const malformed = await refusal(owner.invoke("phone-numbers-list?limit=ten", { method: "GET" }));
  assert.deepEqual([malformed.status, malformed.body], [400, { error: "limit must be a whole number" }]);
  const unknown = await refusal(owner.invoke("phone-numbers-lost", { method: "GET" }));
  assert.equal(unknown.status, 404);
});

test("functions-js searches, purchases, assigns and releases", async () => {
  const client = functions(northwind.users.owner.jwt);
  const done = async (name, options) => {
    const { data, error } = await client.invoke(name, options);
    assert.equal(error, null, `${name}: ${await error?.context?.text?.()}`);
    return data;
  };
  const { phone_numbers: offers, meta } = await done("phone-numbers-search?country_code=US&area_code=303&limit=2", { method: "GET" });
  assert.deepEqual([meta.total_results, meta.country_code, meta.limit], [2, "US", 2]);
  assert.ok(offers.every((offer) => offer.phone_number.startsWith("+1303") && offer.voice_enabled));

  const order = { phone_numbers: [{ phone_number: offers[0].phone_number, friendly_name: "Front desk" }] };
  const purchase = { body: order, headers: { "Idempotency-Key": "order-1-of-javascript" } };
  const bought = await done("phone-numbers-purchase", purchase);
  assert.deepEqual([bought.success, bought.order.status, bought.order.phone_numbers_count], [true, "success", 1]);
  assert.equal(bought.message, "Phone numbers purchased and activated successfully");
  assert.deepEqual(await done("phone-numbers-purchase", purchase), bought, "a retry is answered as the first was");
  const [{ id, phone_number }] = bought.phone_numbers;

  const { available_agents: agents } = await done("phone-numbers-assign?unassigned=true", { method: "GET" });
  const assigned = await done("phone-numbers-assign", { body: { phone_number_id: id, agent_mapping_id: agents[0].id, direction: "both" } });
  assert.deepEqual([assigned.success, assigned.phone_number.direction], [true, "both"]);
  assert.equal(assigned.phone_number.agent_mappings.ultravox_agent_id, agents[0].ultravox_agent_id);
  const patched = await done("phone-numbers-assign", { method: "PATCH", body: { phone_number_id: id, is_active: false, friendly_name: null } });
  assert.deepEqual([patched.phone_number.status, patched.phone_number.friendly_name], ["suspended", null]);
  assert.equal(patched.phone_number.agent_mapping_id, agents[0].id, "what is absent stays");
  const shown = await done(`phone-numbers-assign?id=${id}`, { method: "GET" });
  assert.deepEqual([shown.phone_number.id, shown.phone_number.status], [id, "suspended"]);
  const free = await done(`phone-numbers-assign?id=${id}`, { method: "DELETE" });
  assert.equal(free.phone_number.agent_mapping_id, null);
  await done("phone-numbers-assign", { method: "DELETE", body: { phone_number_id: id } });

  const missing = "00000000-0000-4000-8000-000000000000";
  const some = await done("phone-numbers-release", { body: { phone_number_ids: [id, missing], confirm: true } });
  assert.equal(some.success, false, "207 is no error to the client");
  assert.deepEqual(some.released, [{ id, phone_number }]);
  assert.deepEqual(some.failed.map((entry) => entry.id), [missing]);
  assert.deepEqual(some.summary, { total_requested: 2, released_count: 1, failed_count: 1 });
  const again = await done("phone-numbers-release", { body: { phone_number_ids: [id], confirm: true } });
  assert.equal(again.released[0].note, "Already released");

  const both = await done("phone-numbers-purchase", { body: { phone_numbers: [{ phone_number }, { phone_number: "+15005550000" }] } });
  assert.deepEqual([both.success, both.phone_numbers.length, both.failed.length], [false, 1, 1], "207 again");
  assert.notEqual(both.phone_numbers[0].id, id, "a number that is bought anew is another row");
});

test("functions-js reads what was refused", async () => {
  const owner = functions(northwind.users.owner.jwt);
  const taken = await refusal(owner.invoke("phone-numbers-purchase", { body: { phone_numbers: [{ phone_number: "+15005550000" }] } }));
  assert.deepEqual([taken.status, taken.body.success, taken.body.error], [409, false, "Phone number is not available or already taken"]);
  assert.equal(taken.body.failed[0].phone_number, "+15005550000");
  const used = { "Idempotency-Key": "order-1-of-javascript" };
  const other = await refusal(owner.invoke("phone-numbers-purchase", { headers: used, body: { phone_numbers: [{ phone_number: "+15005550006" }] } }));
  assert.equal(other.status, 422);
  const unsure = await refusal(owner.invoke("phone-numbers-release", { body: { phone_number_ids: [northwind.sample.number_id] } }));
  assert.deepEqual([unsure.status, typeof unsure.body.error], [400, "string"]);
  const nowhere = await refusal(owner.invoke("phone-numbers-search", { method: "GET" }));
  assert.deepEqual([nowhere.status, nowhere.body], [400, { error: "country_code is required" }]);
  const release = { body: { phone_number_ids: [northwind.sample.number_id], confirm: true } };
  for (const user of [northwind.users.admin, northwind.users.member]) {
    const refused = await refusal(functions(user.jwt).invoke("phone-numbers-release", release));
    assert.deepEqual([refused.status, refused.body], [403, { error: "Insufficient permissions" }]);
  }
  const theirs = await refusal(functions(lumen.users.owner.jwt).invoke(`phone-numbers-assign?id=${northwind.sample.number_id}`, { method: "GET" }));
  assert.deepEqual([theirs.status, theirs.body], [404, { error: "No such phone number" }]);
});

test("a browser's preflight passes", async () => {
  const answer = await fetch(`${demo.base_url}/functions/v1/phone-numbers-list`, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization, apikey, x-client-info",
    },
  });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "ok");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const allowed = answer.headers.get("access-control-allow-headers").split(", ");
  for (const header of ["authorization", "apikey", "x-client-info", "content-type"]) assert.ok(allowed.includes(header));
});

test("supabase-js lists as a signed-in user", async () => {
  const supabase = createClient(demo.base_url, "an-anon-key", {
    accessToken: async () => northwind.users.admin.jwt,
    realtime: { transport: WebSocket },
  });
  const { data, error } = await supabase.functions.invoke("phone-numbers-list?limit=2&include_agents=true", { method: "GET" });
  assert.equal(error, null);
  assert.equal(data.phone_numbers.length, 2);
  assert.ok(data.available_agents.length > 2);
});

test("supabase-js without a user is refused: its anon key is no user's token", async () => {
  const supabase = createClient(demo.base_url, "an-anon-key", { realtime: { transport: WebSocket } });
  const answer = await refusal(supabase.functions.invoke("phone-numbers-list", { method: "GET" }));
  assert.equal(answer.status, 401);
  assert.equal(answer.body.code, "UNAUTHORIZED_INVALID_JWT_FORMAT");
});
