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
