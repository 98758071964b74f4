"use strict";

const assert = require("node:assert/strict");
const { createServer } = require("node:http");
const { after, before, test } = require("node:test");
const { SandboxError, startSandbox } = require("persona-sandbox");

let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

test("an inquiry is finished as any person, and the workflow decides", async () => {
  const env = sandbox.environment("finish");
  const inquiry = await env.createInquiry({ referenceId: "usr_1" });
  const finished = await env.finish(inquiry.id, { document: { name_first: "Ada" } });
  assert.equal(finished.attributes.status, "completed");
  assert.equal(finished.attributes.fields.name_first.value, "Ada");
  await env.advance(1);
  const event = await env.waitForEvent("inquiry.approved", { objectId: inquiry.id });
  assert.equal(event.attributes.payload.data.id, inquiry.id);
  const [same] = await env.inquiries({ referenceId: "usr_1" });
  assert.equal(same.attributes.status, "approved");
});

test("two environments do not see each other", async () => {
  const [one, other] = [sandbox.environment("one"), sandbox.environment("other")];
  await one.createInquiry({ referenceId: "usr_1" });
  await one.fault({ operation: "inquiries.list", kind: "status:503" });
  assert.deepEqual(await other.inquiries(), []);
  assert.deepEqual((await other.api("GET", "/inquiries")).data, []);
  await assert.rejects(one.api("GET", "/inquiries"), (error) => {
    assert.ok(error instanceof SandboxError);
    assert.equal(error.status, 503);
    return true;
  });
  await one.clearFaults();
  assert.equal((await one.api("GET", "/inquiries")).data.length, 1);
  await one.remove();
  assert.deepEqual(await one.inquiries(), []);
});

test("a webhook is signed with the secret that is given", async () => {
  const received = [];
  const server = createServer((request, response) => {
    received.push(request.headers["persona-signature"]);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const env = sandbox.environment("webhook");
    const url = `http://127.0.0.1:${server.address().port}/`;
    const webhook = await env.webhook(url, { events: ["inquiry.failed"] });
    assert.match(webhook.secret, /^wbhsec_/);
    const inquiry = await env.createInquiry();
    await env.finish(inquiry.id, { failedChecks: ["minor"] });
    await env.waitForEvent("inquiry.failed");
    const [delivery] = await env.waitForDeliveries();
    assert.equal(delivery.status, "delivered");
    assert.match(received[0], /^t=\d+,v1=[0-9a-f]{64}$/);
  } finally {
    server.close();
  }
});

test("settings and scenarios", async () => {
  const env = sandbox.environment("settings");
  const settings = await env.settings({ decline_failed: true, decide_after_ms: 0 });
  assert.equal(settings.templates[0].decline_failed, true);
  const report = await env.scenario("steps: [{create: {as: a}}, {finish: {inquiry: a}}]");
  assert.equal(report.passed, true);
});

test("a template of one's own has its steps and fields", async () => {
  const env = sandbox.environment("template");
  await env.template({
    id: "itmpl_Walkers",
    steps: ["form", "phone"],
    fields: [{ key: "dogSize", type: "choices", options: ["small", "large"], required: true }],
    form_fields: ["dogSize"],
  });
  const inquiry = await env.createInquiry({ templateId: "itmpl_Walkers" });
  const left = await env.finish(inquiry.id, { abandonAt: "phone", fields: { dogSize: "small" } });
  assert.equal(left.attributes.status, "pending");
  assert.equal(left.attributes["next-step-name"], "phone");
  assert.equal(left.attributes.fields.dogSize.value, "small");
});

test("mistakes are told", async () => {
  const env = sandbox.environment("mistakes");
  const inquiry = await env.createInquiry();
  await assert.rejects(env.finish(inquiry.id, { outcome: "rejected" }), /needs_review/);
  await assert.rejects(env.waitForEvent("inquiry.approved", { timeoutMs: 50 }), /inquiry.created/);
  assert.throws(() => sandbox.environment("not a name"), /letters, digits and hyphens/);
  await assert.rejects(startSandbox({ args: ["--no-such-flag"] }), /--no-such-flag/);
  await assert.rejects(startSandbox({ program: "/no/such/program" }), /cannot be run/);
});

test("a stopped sandbox answers no more", async () => {
  const own = await startSandbox({ args: ["--seed", "1"] });
  await own.createInquiry();
  await own.stop();
  await assert.rejects(own.inquiries());
});
