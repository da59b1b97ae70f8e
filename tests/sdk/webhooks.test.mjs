// Webhooks, verified by Standard Webhooks' own JavaScript library, of what a server tells a receiver.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Webhook, WebhookVerificationError } from "standardwebhooks";

let directory, server, receiver, agency;
const letters = [];

const environment = () => ({
  PATH: process.env.PATH,
  LINEKEEPER_DATA_DIR: directory,
  LINEKEEPER_JWT_SECRET: "a secret of the tests, at least 32 bytes long",
  LINEKEEPER_CREDENTIALS_KEY: "a key that encrypts secrets, and more",
  LINEKEEPER_SIMULATOR__ENABLED: "false",
  LINEKEEPER_WEBHOOKS__ALLOW_ADDRESSES: "127.0.0.1",
  LINEKEEPER_WEBHOOKS__ALLOW_HTTP: "true",
});

// The receiver answers meanwhile.
async function linekeeper(...args) {
  const { stdout } = await promisify(execFile)(process.env.BINARY, args, { env: environment(), cwd: directory });
  return stdout.trim();
}

async function letter(place) {
  for (let tries = 0; letters.length <= place; tries++) {
    assert.ok(tries < 1000, "nothing arrived");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return letters[place];
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "webhooks-"));
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    letters.push({ body, headers: request.headers });
    response.writeHead(204).end();
  });
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  await linekeeper("migrate");
  agency = await linekeeper("agency", "create", "--name", "Nördlich & \"Wind\"");
  const serve = ["serve", "--listen", "127.0.0.1:0"];
  server = spawn(process.env.BINARY, serve, { env: environment(), cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith("listening on ")) break;
  }
});

after(async () => {
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  await ended;
  receiver.close();
  rmSync(directory, { recursive: true });
});

test("standardwebhooks verifies what is told, and both secrets while one replaces the other", async () => {
  const url = `http://127.0.0.1:${receiver.address().port}/hooks`;
  const added = await linekeeper("webhook", "add", "--agency", agency, "--url", url, "--events", "agency.changed");
  const [id, secret] = added.split("\t");
  await linekeeper("agency", "update", agency, "--name", "Süd 😀");
  const told = await letter(0);
  const message = new Webhook(secret).verify(told.body, told.headers);
  assert.equal(message.type, "agency.changed");
  assert.deepEqual([message.data.id, message.data.agency_id], [agency, agency]);
  assert.deepEqual([message.data.before, message.data.after], [{ name: 'Nördlich & "Wind"' }, { name: "Süd 😀" }]);
  assert.ok(Math.abs(Date.parse(message.timestamp) - Date.now()) < 60_000);

  const refused = (body, headers, by) => assert.throws(() => new Webhook(by).verify(body, headers), WebhookVerificationError);
  refused(told.body.replace("Süd", "Ost"), told.headers, secret);
  refused(told.body, { ...told.headers, "webhook-id": id }, secret);
  refused(told.body, { ...told.headers, "webhook-timestamp": `${told.headers["webhook-timestamp"] - 1}` }, secret);

  const next = await linekeeper("webhook", "rotate", id, "--agency", agency, "--overlap", "1h");
  await linekeeper("agency", "update", agency, "--name", "West");
  const both = await letter(1);
  for (const one of [secret, next]) assert.equal(new Webhook(one).verify(both.body, both.headers).data.after.name, "West");
  refused(told.body, told.headers, next);

  assert.equal(await linekeeper("webhook", "test", id, "--agency", agency), "delivered: it answered 204");
  const tried = await letter(2);
  assert.equal(new Webhook(next).verify(tried.body, tried.headers).type, "webhook.test");
});
