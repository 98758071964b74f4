import type { ChildProcess } from "node:child_process";

/** How an inquiry ends. */
export type Outcome =
  | "completed"
  | "approved"
  | "failed"
  | "declined"
  | "needs_review"
  | "abandoned"
  | "expired";

/** A check that fails: a short name, or a name of Persona's. */
export type FailedCheck =
  | "name_mismatch"
  | "minor"
  | "expired_document"
  | "blurred_photo"
  | "face_mismatch"
  | (string & {});

/** What a government ID says; what is absent is the demo person's. */
export interface DocumentData {
  name_first?: string;
  name_middle?: string;
  name_last?: string;
  name_suffix?: string;
  /** `YYYY-MM-DD`, as the other dates. */
  birthdate?: string;
  address_street_1?: string;
  address_street_2?: string;
  address_city?: string;
  address_subdivision?: string;
  address_postal_code?: string;
  /** Two capital letters. */
  country_code?: string;
  id_class?: string;
  identification_number?: string;
  document_number?: string;
  issue_date?: string;
  expiration_date?: string;
  issuing_authority?: string;
  issuing_subdivision?: string;
  nationality?: string;
  sex?: string;
  height?: string;
  birthplace?: string;
}

export interface FinishOptions {
  outcome?: Outcome;
  document?: DocumentData;
  /** What the person enters besides, by the template's keys. */
  fields?: Record<string, unknown>;
  failedChecks?: FailedCheck[];
  /** The step at which the person leaves. */
  abandonAt?: "government_id" | "selfie" | "document" | "form" | "phone" | "email";
}

/** An object of Persona's API. */
export interface Resource<Attributes = Record<string, any>> {
  type: string;
  id: string;
  attributes: Attributes;
  relationships?: Record<string, any>;
}

export interface Fault {
  /** The name of an operation, `*`, or `webhook`. */
  operation: string;
  /** `delay`, `drop_answer`, `reset`, `status:503`, `late_commit`, `truncate`, `html`, `foreign`, `drop`, … */
  kind: string;
  count?: number;
  probability?: number;
  seed?: number;
  delay_ms?: number;
  reference_id?: string;
  webhook_id?: string;
  event?: string;
}

export interface Settings {
  limits: { requests_per_minute: number; inquiries_per_minute: number; window_s: number };
  templates_readable: boolean;
  templates: Array<{
    id: string;
    decide_after_ms: number;
    approve_completed: boolean;
    decline_failed: boolean;
    pass_verifications: boolean;
  }>;
}

export interface SettingsChange {
  limits?: Partial<Settings["limits"]>;
  templates_readable?: boolean;
  template_id?: string;
  decide_after_ms?: number;
  approve_completed?: boolean;
  decline_failed?: boolean;
  pass_verifications?: boolean;
}

export interface Delivery {
  id: number;
  webhook_id: string;
  event_id: string;
  name: string | null;
  inquiry_id: string | null;
  status: "pending" | "delivered" | "failed" | "canceled" | "lost";
  attempts: number;
  result: string | null;
}

/** A template of yours, as in `persona-sandbox.yaml`. */
export interface Template {
  id: string;
  name?: string;
  steps?: Array<"government_id" | "selfie" | "document" | "form" | "phone" | "email">;
  fields?: Array<{
    key: string;
    label?: string;
    type?: string;
    options?: string[];
    required?: boolean;
  }>;
  form_fields?: string[];
  [key: string]: unknown;
}

export interface ScenarioReport {
  name: string;
  passed: boolean;
  inquiries: Record<string, string>;
  steps: Array<{ number: number; line: number; step: string; outcome: string; detail: string }>;
}

/** An answer of the sandbox that is not a success. */
export class SandboxError extends Error {
  status: number;
  body: unknown;
}

/** One environment of a sandbox: state, webhooks, clock, faults and settings of its own. */
export class Environment {
  readonly name?: string;
  readonly url: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly environmentId: string;
  readonly templateId: string;
  api(method: string, path: string, body?: unknown): Promise<any>;
  control(
    method: string,
    path: string,
    body?: unknown,
    query?: Record<string, string | number | undefined>,
  ): Promise<any>;
  createInquiry(options?: {
    referenceId?: string;
    fields?: Record<string, unknown>;
    templateId?: string;
  }): Promise<Resource>;
  inquiries(options?: { referenceId?: string }): Promise<Resource[]>;
  finish(inquiryId: string, options?: FinishOptions): Promise<Resource>;
  advance(seconds: number): Promise<{ now: string; speed: number }>;
  fault(fault: Fault): Promise<Array<Fault & { hits: number }>>;
  clearFaults(): Promise<void>;
  settings(change?: SettingsChange): Promise<Settings>;
  template(definition: Template): Promise<Resource[]>;
  scenario(file: string): Promise<ScenarioReport>;
  webhook(url: string, options?: { events?: string[] }): Promise<{ id: string; secret: string }>;
  events(options?: { name?: string; objectId?: string }): Promise<Resource[]>;
  waitForEvent(
    name: string,
    options?: { objectId?: string; timeoutMs?: number },
  ): Promise<Resource>;
  waitForDeliveries(options?: { timeoutMs?: number }): Promise<Delivery[]>;
  reset(): Promise<void>;
  remove(): Promise<void>;
}

/** A running sandbox. It is also its default environment. */
export class Sandbox extends Environment {
  readonly pid: number;
  readonly dashboardUrl: string;
  readonly child: ChildProcess;
  environment(name: string): Environment;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Arguments of the program, such as `["--config", "persona-sandbox.yaml"]`. */
  args?: string[];
  /** The program, in place of that of the platform's package. */
  program?: string;
  env?: Record<string, string | undefined>;
}

/** Starts the program on a free port, and waits until it answers. */
export function startSandbox(options?: StartOptions): Promise<Sandbox>;
