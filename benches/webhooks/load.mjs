// Sends signed webhooks to a running server as fast as it acknowledges them: every event has an ID
// of its own, since a duplicate is cheaper. Prints what autocannon counted, as JSON.
//
// node load.mjs URL SECRET CONNECTIONS SECONDS
import { createHmac, randomBytes } from 'node:crypto';

import autocannon from 'autocannon';

const [url, secret, connections, seconds] = process.argv.slice(2);
const run = randomBytes(4).toString('hex');
// As many inquiries as a busy day has; each is spoken of many times.
const INQUIRIES = 2_000;
const names = ['started', 'completed', 'approved', 'declined'];
const statuses = ['pending', 'completed', 'approved', 'declined'];
let count = 0;

function body() {
  const number = count++;
  const stage = number % names.length;
  const at = new Date(Date.UTC(2026, 0, 5) + number).toISOString();
  return JSON.stringify({
    data: {
      type: 'event',
      id: `evt_${run}${number}`,
      attributes: {
        name: `inquiry.${names[stage]}`,
        'created-at': at,
        payload: {
          data: {
            type: 'inquiry',
            id: `inq_${run}${number % INQUIRIES}`,
            attributes: {
              status: statuses[stage],
              'reference-id': 'usr_ABC123',
              'created-at': at,
              'updated-at': at,
              note: null,
              tags: [],
              fields: {
                'name-first': { type: 'string', value: 'Alexander' },
                'name-last': { type: 'string', value: 'Sample' },
                birthdate: { type: 'date', value: '1977-08-31' },
              },
            },
            relationships: {
              'inquiry-template': { data: { type: 'inquiry-template', id: 'itmpl_sandboxKYC' } },
            },
          },
        },
      },
    },
  });
}

function setupRequest(request) {
  const text = body();
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${text}`).digest('hex');
  return {
    ...request,
    body: text,
    headers: { 'content-type': 'application/json', 'persona-signature': `t=${t},v1=${v1}` },
  };
}

const result = await autocannon({
  url: `${url}/webhooks/persona`,
  connections: Number(connections),
  duration: Number(seconds),
  timeout: 10,
  requests: [{ method: 'POST', setupRequest }],
});
const { latency } = result;
console.log(
  JSON.stringify({
    acknowledged: result['2xx'],
    refused: result.non2xx,
    errors: result.errors,
    perSecond: Math.round(result['2xx'] / result.duration),
    p50: latency.p50,
    p99: latency.p99,
    max: latency.max,
  }),
);
