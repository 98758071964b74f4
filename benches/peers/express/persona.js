// Persona's API for a click, with undici: one pool of kept connections.
import { Pool } from 'undici';

const api = new URL(process.env.PERSONA_API_URL);
const base = api.pathname;
const pool = new Pool(api.origin, { connections: 64, pipelining: 1, bodyTimeout: 10_000 });
const headers = {
  authorization: `Bearer ${process.env.PERSONA_API_KEY}`,
  'content-type': 'application/json',
  'persona-version': '2025-10-27',
};

async function call(method, path, body) {
  const answer = await pool.request({ method, path: base + path, headers, body });
  if (answer.statusCode >= 300) {
    await answer.body.dump();
    throw new Error(`Persona answered ${answer.statusCode}`);
  }
  return answer.body.json();
}

// The user's unfinished inquiry, if there is one.
export async function findUnfinished(user) {
  const query = new URLSearchParams({
    'filter[reference-id]': user.id,
    'filter[status]': 'created,pending',
    'page[size]': '1',
  });
  const found = await call('GET', `/inquiries?${query}`);
  return found.data[0];
}

export async function create(user) {
  const attributes = {
    'inquiry-template-id': process.env.PERSONA_INQUIRY_TEMPLATE_ID,
    'reference-id': user.id,
    fields: {
      name_first: user.first_name,
      name_last: user.last_name,
      birthdate: user.birthdate,
    },
  };
  const created = await call('POST', '/inquiries', JSON.stringify({ data: { attributes } }));
  return created.data;
}

export async function resume(id) {
  const resumed = await call('POST', `/inquiries/${id}/resume`, '{"meta":{}}');
  return resumed.meta['session-token'];
}

// What the browser needs to open the user's inquiry.
export async function getOrCreate(user) {
  const inquiry = (await findUnfinished(user)) ?? (await create(user));
  const isPending = inquiry.attributes.status === 'pending';
  return { inquiry_id: inquiry.id, session_token: isPending ? await resume(inquiry.id) : null };
}
