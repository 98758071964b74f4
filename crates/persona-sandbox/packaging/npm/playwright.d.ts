import type { Environment, Sandbox } from "./index.js";

export interface PersonaFixtures {
  /** An environment of the sandbox that only this test sees. */
  persona: Environment;
}

export interface PersonaWorkerFixtures {
  /** Arguments of the program, such as `['--sdk', 'node_modules']`. */
  personaSandboxArgs: string[];
  /** A running sandbox, for all tests of a worker. */
  personaSandbox: Sandbox;
}

/** `base.extend<PersonaFixtures, PersonaWorkerFixtures>(personaFixtures)` adds the fixtures. */
export const personaFixtures: any;

/** Answers what a browser asks of Persona's host names from the sandbox. */
export function routePersona(context: any, sandbox: Sandbox): Promise<void>;
