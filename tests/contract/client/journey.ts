// An inquiry's way through the API with a client that nobody here wrote: openapi-ts generates it
// from Persona's own OpenAPI file, so its paths, parameters and types are the vendor's word.
// `journey.js SANDBOX_URL` runs it against a sandbox; the compiler checks every use of a type.
import { client } from './generated/client.gen.js';
import {
  approveAnInquiry,
  createAnInquiry,
  inquiriesPerformSimulateActions,
  listAllInquiries,
  resumeAnInquiry,
  retrieveAnInquiry,
} from './generated/sdk.gen.js';

declare const process: { argv: string[] };

const [, , sandbox] = process.argv;
if (!sandbox) throw new Error('usage: journey.js SANDBOX_URL');

client.setConfig({
  baseUrl: `${sandbox}/api/v1`,
  auth: 'persona_sandbox_client',
  throwOnError: true,
});

const headers = { 'Persona-Version': '2025-10-27', 'Key-Inflection': 'kebab' } as const;
const throwOnError = true;

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

const reference = `usr_client${Date.now()}`;
const creation = {
  throwOnError,
  headers: { ...headers, 'Idempotency-Key': reference },
  body: {
    data: {
      attributes: {
        'inquiry-template-id': 'itmpl_sandboxKYC',
        fields: { 'name-first': 'Ada', birthdate: '1990-05-01' },
      },
    },
    meta: { 'auto-create-account-reference-id': reference },
  },
} as const;

const created = await createAnInquiry(creation);
const inquiry = created.data.data;
if (!inquiry?.id) throw new Error('create: the answer has no inquiry');
const path = { 'inquiry-id': inquiry.id };
expectEqual('create: status code', created.response.status, 201);
expectEqual('create: status', inquiry.attributes?.status, 'created');
expectEqual('create: reference ID', inquiry.attributes?.['reference-id'], reference);

const repeated = await createAnInquiry(creation);
expectEqual('create again: ID', repeated.data.data?.id, inquiry.id);

await createAnInquiry({
  ...creation,
  headers,
  body: { ...creation.body, meta: { 'auto-create-account-reference-id': `${reference}b` } },
});
const listed = await listAllInquiries({
  throwOnError,
  headers,
  query: {
    filter: { 'reference-id': reference, status: 'created,pending' },
    page: { size: 10 },
  },
});
const ids = (listed.data.data ?? []).map(({ id }) => id);
expectEqual('list: IDs', ids, [inquiry.id]);

await inquiriesPerformSimulateActions({
  throwOnError,
  headers,
  path,
  body: { meta: { 'simulate-actions': [{ type: 'start_inquiry' }] } },
});
const resumed = await resumeAnInquiry({ throwOnError, headers, path });
expectEqual('resume: status', resumed.data.data?.attributes?.status, 'pending');
if (!resumed.data.meta?.['session-token']) throw new Error('resume: there is no session token');

const approved = await approveAnInquiry({
  throwOnError,
  headers,
  path,
  body: { meta: { comment: 'Looks good.' } },
});
expectEqual('approve: status', approved.data.data?.attributes?.status, 'approved');
const read = await retrieveAnInquiry({ throwOnError, headers, path });
expectEqual('retrieve: status', read.data.data?.attributes?.status, 'approved');
expectEqual('retrieve: comment', read.data.data?.attributes?.['reviewer-comment'], 'Looks good.');

const refused = await resumeAnInquiry({ headers, path, throwOnError: false });
expectEqual('resume when approved: status code', refused.response?.status, 409);
console.log('a generated client: created, repeated, listed, started, resumed, approved, read');
