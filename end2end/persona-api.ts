// The part of Persona's REST API that these tests need, called as a team's server would
// (docs.withpersona.com, "Inquiries" of the API reference).
import type { APIRequestContext, APIResponse } from '@playwright/test';

/** An inquiry as the API answers it, reduced to what tests ask for. */
export interface Inquiry {
  id: string;
  status: string;
  fields: Record<string, { type: string; value: unknown }>;
}

/** What an inquiry is created with beside its template. */
export interface NewInquiry {
  attributes?: Record<string, unknown>;
  meta?: Record<string, unknown>;
}

export const templateId = 'itmpl_sandboxKYC';
export const environmentId = 'env_sandbox';

/** A server's client of the API. */
export class PersonaAPI {
  readonly #request: APIRequestContext;
  readonly #url: string;

  constructor(request: APIRequestContext, sandboxURL: string) {
    this.#request = request;
    this.#url = `${sandboxURL}/api/v1/inquiries`;
  }

  async create({ attributes = {}, meta = {} }: NewInquiry = {}): Promise<Inquiry> {
    const body = await this.#post('', {
      data: { attributes: { 'inquiry-template-id': templateId, ...attributes } },
      meta,
    });
    return inquiryOf(body.data);
  }

  async retrieve(id: string): Promise<Inquiry> {
    const response = await this.#request.get(`${this.#url}/${id}`, { headers });
    return inquiryOf((await answer(response)).data);
  }

  /** A session token for a pending inquiry. */
  async resume(id: string): Promise<string> {
    const { meta } = await this.#post(`/${id}/resume`, { meta: {} });
    return meta['session-token'];
  }

  async expire(id: string): Promise<void> {
    await this.#post(`/${id}/expire`, {});
  }

  /** Takes sessions of an inquiry until Persona gives no more. */
  async spendSessions(id: string): Promise<void> {
    const url = this.#url.replace(/inquiries$/, 'inquiry-sessions');
    const data = { data: { attributes: { 'inquiry-id': id } } };
    for (let taken = 0; taken <= 100; taken += 1) {
      const response = await this.#request.post(url, { headers, data });
      if (response.status() === 422) return;
      await answer(response);
    }
    throw new Error('the inquiry has no cap of sessions');
  }

  async approve(id: string): Promise<void> {
    await this.#post(`/${id}/approve`, {});
  }

  async decline(id: string): Promise<void> {
    await this.#post(`/${id}/decline`, {});
  }

  /** Lets something happen to it, such as `start_inquiry`. */
  async simulate(id: string, action: string): Promise<void> {
    const meta = { 'simulate-actions': [{ type: action }] };
    await this.#post(`/${id}/perform-simulate-actions`, { meta });
  }

  async oneTimeLink(id: string, meta: Record<string, unknown> = {}): Promise<string> {
    const answered = await this.#post(`/${id}/generate-one-time-link`, { meta });
    return answered.meta['one-time-link'];
  }

  async #post(path: string, data: unknown) {
    return answer(await this.#request.post(`${this.#url}${path}`, { headers, data }));
  }
}

const headers = {
  authorization: 'Bearer persona_sandbox_end2end',
  'persona-version': '2025-10-27',
  'key-inflection': 'kebab',
};

async function answer(response: APIResponse) {
  if (!response.ok()) throw new Error(`${response.status()}: ${await response.text()}`);
  return response.json();
}

function inquiryOf(data: { id: string; attributes: Record<string, never> }): Inquiry {
  const { status = '', fields = {} } = data.attributes;
  return { id: data.id, status, fields };
}
