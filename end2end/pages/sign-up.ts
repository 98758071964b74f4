import { randomUUID } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';

/** A person to sign up, as they would fill in the form. */
export interface Person {
  firstName: string;
  lastName: string;
  birthdate: string;
  email: string;
  password: string;
}

/** Somebody nobody has signed up: a running server keeps its accounts. */
export function newPerson(): Person {
  return {
    firstName: 'Zoë',
    lastName: 'Núñez-Müller',
    birthdate: '1990-05-17',
    email: `zoe.${randomUUID()}@example.com`,
    password: 'three dogs at the lake',
  };
}

/** The sign-up page (`/sign-up`). */
export class SignUpPage {
  readonly page: Page;
  readonly firstName: Locator;
  readonly lastName: Locator;
  readonly birthdate: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly showPasswordButton: Locator;
  readonly createButton: Locator;
  /** What is to be corrected, at the top of the form. */
  readonly summary: Locator;

  constructor(page: Page) {
    this.page = page;
    this.firstName = page.getByLabel('First name');
    this.lastName = page.getByLabel('Last name');
    this.birthdate = page.getByLabel('Birthdate');
    this.email = page.getByLabel('E-mail');
    this.password = page.getByLabel('Password');
    this.showPasswordButton = page.getByRole('button', { name: /^(Show|Hide) password$/ });
    this.createButton = page.getByRole('button', { name: 'Create account' });
    this.summary = page.getByRole('alert');
  }

  async goto(): Promise<void> {
    await this.page.goto('/sign-up');
  }

  async signUp(person: Person): Promise<void> {
    await this.firstName.fill(person.firstName);
    await this.lastName.fill(person.lastName);
    await this.birthdate.fill(person.birthdate);
    await this.email.fill(person.email);
    await this.password.fill(person.password);
    await this.createButton.click();
  }
}
