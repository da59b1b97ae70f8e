// The instaview dialect, asked by the product's own documents: their curl line and their JavaScript. Run by ./run.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";

const demo = JSON.parse(readFileSync(process.env.DEMO_CREDENTIALS, "utf8"));
const [, , bright, harbour] = demo.agencies;
const URL = "https://api.instaview.sk/phone-numbers";

const CURL = `curl --request GET \\
  --url https://api.instaview.sk/phone-numbers \\
  --header 'Authorization: Bearer <token>'`;

const EXAMPLE = {
  "data": [
    {
      "id": "123e4567-e89b-12d3-a456-426614174000",
      "number": "+14155552671",
      "companyId": "123e4567-e89b-12d3-a456-426614174000",
      "capabilities": "OUTBOUND",
      "custom": false,
      "provider": "TWILIO",
      "status": "AVAILABLE",
      "numberType": "LOCAL",
      "createdAt": "2025-01-15T10:30:00.000Z",
      "updatedAt": "2025-06-01T08:00:00.000Z",
      "location": "New York, US"
    }
  ],
  "total": 3,
  "page": 1,
  "limit": 20,
  "totalPages": 1
};

const JAVASCRIPT = `
// Retrieve phone numbers and pick one for agent configuration
async function getPhoneNumberForAgent() {
  const response = await fetch("https://api.instaview.sk/phone-numbers", {
    headers: { Authorization: \`Bearer \${apiKey}\` },
  });

  const { data } = await response.json();

  // Use the \`id\` field when creating or updating an agent
  const outbound = data.data.find(
    (pn) =>
      pn.capabilities === "OUTBOUND" || pn.capabilities === "INBOUND_OUTBOUND",
  );
  return outbound?.id;
}
`;

const getPhoneNumberForAgent = (url, apiKey) =>
  new Function("apiKey", `${JAVASCRIPT.replace(URL, url)} return getPhoneNumberForAgent();`)(apiKey);

async function curl(query, token) {
  const line = CURL.replace(URL, `'${demo.base_url}/phone-numbers${query}'`).replace("<token>", token);
  const { stdout } = await promisify(execFile)("sh", ["-c", `${line} --silent --show-error --include`]);
  const [head, body] = stdout.split("\r\n\r\n");
  const [first, ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(": ")));
  return { status: Number(first.split(" ")[1]), headers, body: JSON.parse(body) };
}

const kinds = (object) => Object.entries(object).map(([key, value]) => [key, typeof value]);

async function nested(use) {
  const directory = mkdtempSync(join(tmpdir(), "instaview-"));
  const credentials = join(directory, "credentials.json");
  const environment = { PATH: process.env.PATH, TMPDIR: directory, LINEKEEPER_DIALECT__INSTAVIEW__ENVELOPE: "nested" };
  const args = ["demo", "--listen", "127.0.0.1:0", "--numbers", "200", "--credentials", credentials];
  const server = spawn(process.env.BINARY, args, { env: environment, cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(server, "exit");
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.startsWith("listening on ")) break;
    }
    return await use(JSON.parse(readFileSync(credentials, "utf8")));
  } finally {
    server.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

test("the document's curl is answered as in its example, key for key and type for type", async () => {
  const { status, headers, body } = await curl("", bright.api_key);
  assert.deepEqual([status, headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(kinds(body), kinds(EXAMPLE));
  assert.deepEqual([body.page, body.limit, body.data.length], [1, 20, 20]);
  assert.equal(body.totalPages, Math.ceil(body.total / 20));
  const located = body.data.filter(({ location }) => location !== null);
  assert.ok(located.length > 0);
  for (const number of body.data) {
    assert.deepEqual(Object.keys(number), Object.keys(EXAMPLE.data[0]));
    assert.match(number.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.match(number.number, /^\+[1-9]\d{6,14}$/);
    assert.equal(number.companyId, bright.company_id);
    assert.match(number.capabilities, /^(OUTBOUND|INBOUND|INBOUND_OUTBOUND)$/);
    assert.match(number.provider, /^(TWILIO|TELNYX|SIP|SIMULATOR)$/);
    assert.equal(number.custom, number.provider === "SIP");
    assert.match(number.status, /^(AVAILABLE|ASSIGNED)$/);
    assert.match(number.numberType, /^(LOCAL|MOBILE|TOLL_FREE|NATIONAL)$/);
    for (const time of [number.createdAt, number.updatedAt]) assert.equal(new Date(time).toISOString(), time);
  }
  for (const number of located) assert.deepEqual(kinds(number), kinds(EXAMPLE.data[0]));
  const times = body.data.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  for (const span of ["minute", "hour"]) {
    const [limit, left, reset] = ["limit", "remaining", "reset"].map((word) => Number(headers[`x-ratelimit-${word}-${span}`]));
    assert.ok(left < limit && reset * 1000 > Date.now() - 1000, span);
  }
});

test("the document's partner key names a company, and another key at most its own", async () => {
  const { key } = demo.partner_key;
  for (const token of [key, bright.api_key]) {
    const { data } = (await curl(`?limit=5&companyId=${bright.company_id}`, token)).body;
    assert.deepEqual(data.map(({ companyId }) => companyId), Array(5).fill(bright.company_id));
  }
  assert.deepEqual((await curl("", harbour.api_key)).body, { data: [], total: 0, page: 1, limit: 20, totalPages: 0 });
  for (const [query, token, status, code] of [
    ["", "lk_wrong", 401, "INVALID_API_KEY"],
    ["", key, 400, "VALIDATION_ERROR"],
    [`?companyId=${harbour.company_id}`, key, 403, "INSUFFICIENT_PERMISSIONS"],
    [`?companyId=${harbour.company_id}`, bright.api_key, 403, "INSUFFICIENT_PERMISSIONS"],
    ["?companyId=harbour", key, 400, "VALIDATION_ERROR"],
    ["?page=0", bright.api_key, 400, "VALIDATION_ERROR"],
    ["?page=10001", bright.api_key, 400, "VALIDATION_ERROR"],
    ["?limit=101", bright.api_key, 400, "VALIDATION_ERROR"],
  ]) {
    const refused = await curl(query, token);
    assert.deepEqual([refused.status, refused.body.error.code], [status, code], query);
    const { success, data, statusCode, message, error } = refused.body;
    assert.deepEqual([success, data, statusCode, message], [false, null, status, error.message], query);
  }
});

test("the document's JavaScript and its pages find what they look for in the nested envelope", async () => {
  await nested(async ({ base_url, agencies: [{ api_key }] }) => {
    const list = async (query) => {
      const answer = await fetch(`${base_url}/phone-numbers${query}`, { headers: { Authorization: `Bearer ${api_key}` } });
      return answer.json();
    };
    const told = await list("");
    assert.deepEqual(Object.keys(told), ["success", "data", "error", "timestamp"]);
    assert.deepEqual([told.success, told.error, kinds(told.data)], [true, null, kinds(EXAMPLE)]);
    assert.equal(new Date(told.timestamp).toISOString(), told.timestamp);
    const found = await getPhoneNumberForAgent(`${base_url}/phone-numbers`, api_key);
    const { capabilities } = told.data.data.find(({ id }) => id === found);
    assert.match(capabilities, /^(INBOUND_)?OUTBOUND$/);

    const { total, totalPages } = (await list("?limit=50")).data;
    assert.equal(totalPages, Math.ceil(total / 50));
    const seen = [];
    for (let number = 1; number <= totalPages; number++) {
      const { data, ...page } = (await list(`?page=${number}&limit=50`)).data;
      assert.deepEqual(page, { total, page: number, limit: 50, totalPages });
      seen.push(...data.map(({ id }) => id));
    }
    assert.deepEqual([seen.length, new Set(seen).size], [total, total]);
    assert.deepEqual((await list(`?page=${totalPages + 1}&limit=50`)).data.data, []);
  });
  await assert.rejects(getPhoneNumberForAgent(`${demo.base_url}/phone-numbers`, bright.api_key), TypeError, "it is flat");
});
