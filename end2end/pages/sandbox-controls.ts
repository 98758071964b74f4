import type { APIRequestContext } from '@playwright/test';

/** An inquiry as the sandbox knows it, reduced to what tests ask for. */
export interface SandboxInquiry {
  id: string;
  status: string;
  referenceId: string | null;
}

/** The sandbox's own controls under `/_sandbox/`. */
export class SandboxControls {
  readonly #request: APIRequestContext;
  readonly #url: string;

  constructor(request: APIRequestContext, url: string) {
    this.#request = request;
    this.#url = url;
  }

  /** The user's inquiries, newest first. */
  async inquiries(referenceId: string): Promise<SandboxInquiry[]> {
    return this.#inquiries(`inquiries?reference-id=${encodeURIComponent(referenceId)}`);
  }

  /** Everybody's inquiries, newest first. */
  async allInquiries(): Promise<SandboxInquiry[]> {
    return this.#inquiries('inquiries');
  }

  async #inquiries(path: string): Promise<SandboxInquiry[]> {
    const body = await this.#get(path);
    return body.data.map((inquiry: { id: string; attributes: Record<string, string | null> }) => ({
      id: inquiry.id,
      status: inquiry.attributes['status'] ?? '',
      referenceId: inquiry.attributes['reference-id'] ?? null,
    }));
  }

  /** The user's newest inquiry; an error if there is none. */
  async newestInquiry(referenceId: string): Promise<SandboxInquiry> {
    const [newest] = await this.inquiries(referenceId);
    if (!newest) throw new Error('the sandbox has no inquiry');
    return newest;
  }

  /** How often each operation of Persona's API was called; one that never was is 0. */
  async calls(operation: string): Promise<number> {
    const body = await this.#get('calls');
    return body[operation] ?? 0;
  }

  async reset(): Promise<void> {
    const response = await this.#request.post(`${this.#url}/_sandbox/reset`);
    if (!response.ok()) throw new Error(`reset answered ${response.status()}`);
  }

  /** Lets sandbox time pass; what became due by it has happened afterwards. */
  async advanceClock(seconds: number): Promise<void> {
    const response = await this.#request.post(`${this.#url}/_sandbox/clock`, {
      data: { advance_s: seconds },
    });
    if (!response.ok()) throw new Error(`the clock answered ${response.status()}`);
  }

  /** Lets no sandbox time pass: nothing that is due later happens. */
  async stopClock(): Promise<void> {
    const response = await this.#request.post(`${this.#url}/_sandbox/clock`, { data: { speed: 0 } });
    if (!response.ok()) throw new Error(`the clock answered ${response.status()}`);
  }

  /** Makes something go wrong, as often as it says. */
  async fault(fault: { operation: string; kind: string; count: number }): Promise<void> {
    const response = await this.#request.post(`${this.#url}/_sandbox/faults`, { data: fault });
    if (!response.ok()) throw new Error(`the faults answered ${response.status()}`);
  }

  /** Ends all faults. */
  async clearFaults(): Promise<void> {
    const response = await this.#request.delete(`${this.#url}/_sandbox/faults`);
    if (!response.ok()) throw new Error(`the faults answered ${response.status()}`);
  }

  async #get(path: string) {
    const response = await this.#request.get(`${this.#url}/_sandbox/${path}`);
    if (!response.ok()) throw new Error(`/_sandbox/${path} answered ${response.status()}`);
    return response.json();
  }
}
