// Carriers' calls to a server, signed by Twilio's own library, and as Telnyx' own library verifies.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import twilio from "twilio";

const PUBLIC = "https://numbers.example.com";
const SID = "AC0123456789abcdef0123456789abcdef";
const TOKEN = "an auth token of the tests";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
let directory, server, base, agency, accounts;

const environment = () => ({
  PATH: process.env.PATH,
  LINEKEEPER_DATA_DIR: directory,
  LINEKEEPER_JWT_SECRET: "a secret of the tests, at least 32 bytes long",
  LINEKEEPER_CREDENTIALS_KEY: "a key that encrypts secrets, and more",
  LINEKEEPER_PUBLIC_URL: PUBLIC,
});

async function linekeeper(...args) {
  const { stdout } = await promisify(execFile)(process.env.BINARY, args, { env: environment(), cwd: directory });
  return stdout.trim();
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "inbound-"));
  const secret = join(directory, "secret");
  writeFileSync(secret, TOKEN);
  await linekeeper("migrate");
  agency = await linekeeper("agency", "create", "--name", "Nördlich");
  const add = (...of) => linekeeper("carrier", "add", ...of);
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("base64");
  accounts = {
    twilio: await add("twilio", "--agency", agency, "--account-sid", SID, "--auth-token-file", secret),
    telnyx: await add("telnyx", "--agency", agency, "--api-key-file", secret, "--public-key", raw),
  };
  const serve = ["serve", "--listen", "127.0.0.1:0"];
  server = spawn(process.env.BINARY, serve, { env: environment(), cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith("listening on ")) {
      base = line.slice("listening on ".length);
      break;
    }
  }
});

after(async () => {
  server.kill();
  rmSync(directory, { recursive: true, force: true });
});

const post = (path, body, headers) => fetch(base + path, { method: "POST", body, headers });
const path = (carrier) => `/webhooks/${carrier}/${accounts[carrier]}`;

const PARAMETERS = {
  MessageSid: "SM00000000000000000000000000000001",
  AccountSid: SID,
  From: "+19705559999",
  To: "+19705551234",
  Body: "Grüße & 1+1=2 👋 \u{10ffff}\uffff",
  "B": "before b",
  "a b": "a space in a name",
  NumMedia: "0",
  Empty: "",
};

test("what Twilio's library signs is taken, and each byte of it counts", async () => {
  const form = new URLSearchParams(PARAMETERS).toString();
  const kind = { "content-type": "application/x-www-form-urlencoded" };
  for (const query of ["", "?message=01a2006e-74bb-728d-b92d-85ac24049f20", "?a=%20b&c"]) {
    const url = path("twilio") + query;
    const signature = twilio.getExpectedTwilioSignature(TOKEN, PUBLIC + url, PARAMETERS);
    assert.equal((await post(url, form, { ...kind, "x-twilio-signature": signature })).status, 200, query);
    for (let at = 0; at < signature.length - 1; at++) {
      const other = signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1);
      if (Buffer.from(other, "base64").equals(Buffer.from(signature, "base64"))) continue;
      assert.equal((await post(url, form, { ...kind, "x-twilio-signature": other })).status, 403, `byte ${at}`);
    }
  }
  const signature = twilio.getExpectedTwilioSignature(TOKEN, PUBLIC + path("twilio"), PARAMETERS);
  for (let at = 0; at < form.length; at += 3) {
    const other = form.slice(0, at) + (form[at] === "x" ? "y" : "x") + form.slice(at + 1);
    const { status } = await post(path("twilio"), other, { ...kind, "x-twilio-signature": signature });
    assert.ok(status === 403 || status === 400, `byte ${at} of the body: ${status}`);
  }
  // A parameter that is there twice, as Twilio's library signs it: each value once, in order.
  const twice = { ...PARAMETERS, Media: ["b", "a", "b"] };
  const signed = twilio.getExpectedTwilioSignature(TOKEN, PUBLIC + path("twilio"), twice);
  const body = `${form}&Media=b&Media=a&Media=b`;
  assert.equal((await post(path("twilio"), body, { ...kind, "x-twilio-signature": signed })).status, 200);
  const listed = await linekeeper("message", "strays", "--agency", agency, "--account", accounts.twilio);
  assert.equal(listed.split("\n").length, 1, "it was one message all along");
  assert.ok(listed.includes("Grüße & 1+1=2 👋"));
});

test("a JSON body is taken by its hash in the address", async () => {
  const body = JSON.stringify({ MessageSid: "SM2", From: "72345", To: "+19705551234", Body: "as JSON" });
  const url = `${path("twilio")}?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
  const headers = {
    "content-type": "application/json",
    "x-twilio-signature": twilio.getExpectedTwilioSignature(TOKEN, PUBLIC + url, {}),
  };
  assert.ok(twilio.validateRequestWithBody(TOKEN, headers["x-twilio-signature"], PUBLIC + url, body));
  assert.equal((await post(url, body, headers)).status, 200);
  assert.equal((await post(url, body.replace("as", "is"), headers)).status, 403);
  assert.equal((await post(path("twilio"), body, headers)).status, 403);
});

test("what Telnyx signs is taken, and not for long", async () => {
  const body = JSON.stringify({
    data: { event_type: "message.received", id: "e", payload: { id: "m", from: { phone_number: "ACME" }, to: [{ phone_number: "+19705551234" }], text: "hello" } },
  });
  const call = (stamp, text, signed = text) => {
    const signature = sign(null, Buffer.from(`${stamp}|${signed}`), privateKey).toString("base64");
    const headers = { "content-type": "application/json", "telnyx-timestamp": `${stamp}`, "telnyx-signature-ed25519": signature };
    return post(path("telnyx"), text, headers).then((answer) => answer.status);
  };
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await call(now, body), 200);
  assert.equal(await call(now - 290, body), 200);
  assert.equal(await call(now - 310, body), 403);
  assert.equal(await call(now + 310, body), 403);
  assert.equal(await call(now, body.replace("hello", "jello"), body), 403);
});
