// Persona as a sender of webhooks, written from its documentation alone
// (docs.withpersona.com/docs/webhooks-best-practices): an HMAC-SHA256 over `<t>.<body>`.
import { createHmac, randomUUID } from 'node:crypto';
import type { APIRequestContext } from '@playwright/test';

/** Sends a signed body to the app's receiver, and gives the answer's status. */
export async function sendWebhook(
  request: APIRequestContext,
  baseURL: string,
  secret: string,
  body: string,
): Promise<number> {
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
  const answer = await request.post(`${baseURL}/webhooks/persona`, {
    headers: { 'content-type': 'application/json', 'persona-signature': `t=${t},v1=${v1}` },
    data: Buffer.from(body),
  });
  return answer.status();
}

/** An event that says of an inquiry only which status it has. */
export function statusEvent(name: string, inquiryId: string, status: string) {
  return {
    data: {
      type: 'event',
      id: `evt_${randomUUID().replaceAll('-', '')}`,
      attributes: {
        name,
        'created-at': new Date().toISOString(),
        payload: { data: { type: 'inquiry', id: inquiryId, attributes: { status } } },
      },
    },
  };
}
