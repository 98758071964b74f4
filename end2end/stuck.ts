// A walker who is stuck, as operators meet one.
import { type APIRequestContext, expect } from '@playwright/test';
import type { SandboxControls } from './pages/sandbox-controls.ts';
import { PersonaAPI } from './persona-api.ts';
import type { Stack } from './programs.ts';
import { sendWebhook, statusEvent } from './webhook.ts';

/** The demo user's ID, the only one that is known before the start: as an operator he is both. */
export const alexander = 'usr_ABC123';

export interface Stuck {
  inquiryId: string;
  eventId: string;
}

/**
 * Alexander has begun an inquiry, and the app does not know: all webhooks were lost but one, which
 * came before anybody here had heard of the inquiry and does not say whose it is.
 */
export async function stuck(
  { baseURL, sandboxURL }: Stack,
  request: APIRequestContext,
  sandbox: SandboxControls,
  webhookSecret: string,
): Promise<Stuck> {
  await sandbox.fault({ operation: 'webhook', kind: 'drop', count: 100 });
  const persona = new PersonaAPI(request, sandboxURL);
  const inquiry = await persona.create({ attributes: { 'reference-id': alexander } });
  const event = statusEvent('inquiry.started', inquiry.id, 'pending');
  expect(await sendWebhook(request, baseURL, webhookSecret, JSON.stringify(event))).toBe(200);

  // His click finds the inquiry; another one fails, since Persona does.
  await request.post(`${baseURL}/api/session/demo`);
  const click = `${baseURL}/api/inquiries/get-or-create`;
  expect((await request.post(click)).status()).toBe(200);
  await sandbox.fault({ operation: 'list', kind: 'status:503', count: 10 });
  expect((await request.post(click)).status()).toBe(502);
  await sandbox.clearFaults();
  return { inquiryId: inquiry.id, eventId: event.data.id };
}
