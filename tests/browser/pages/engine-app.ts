/** The app in an engine that Playwright does not drive: the same names, found by a few lines that run in the page. */
import { until } from "../harness/child.ts";
import type { Tab } from "../harness/engine.ts";
import type { Account } from "./app.ts";

/** Functions for the page. Each finds by label, by role and name, as a person would say it. */
const hand = `
const visible = (element) => element.getClientRects().length > 0;
const field = (label) => {
  const found = [...document.querySelectorAll("label")].find((one) => visible(one) && one.textContent.trim().startsWith(label));
  return found?.control ?? document.querySelector('[aria-label="' + label + '"]');
};
const enter = (label, text) => {
  const control = field(label);
  const kind = control instanceof HTMLSelectElement ? HTMLSelectElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(control, text);
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
};
const button = (name) => [...document.querySelectorAll("button")].find((one) => visible(one) && (one.getAttribute("aria-label") ?? one.textContent).trim() === name);
const row = (subject) => [...document.querySelectorAll('[role=grid] [role=row]')].find((one) => one.textContent.includes(subject));
`;

export class EngineApp {
  constructor(private readonly tab: Tab) {}

  async open(origin: string): Promise<void> {
    await this.tab.goto(origin);
  }

  async signIn(origin: string, account: Account): Promise<void> {
    await this.open(origin);
    await this.until("the sign-in form", 'return button("Sign in") !== undefined;');
    await this.act('field(arguments[0]).click();', account.protocol);
    // The form follows the protocol; a turn of the event loop lies between the calls.
    const fields = [
      ["Address", account.user.name],
      ["Server", account.host],
      ["Security", account.security],
      ["Port", String(account.port)],
      ["User name", account.user.name],
      ["Password", account.user.password],
    ];
    for (const [label, text] of fields) await this.act("enter(arguments[0], arguments[1]);", label, text);
    await this.act('button("Sign in").click();');
    await this.until("the folders", `return document.querySelector('nav[aria-label="Folders"], [role=navigation][aria-label="Folders"]') !== null;`);
  }

  /** Waits for the list line of a message. */
  async row(subject: string): Promise<void> {
    await this.until(`the row of ${subject}`, "return row(arguments[0]) !== undefined;", subject);
  }

  async openMessage(subject: string): Promise<void> {
    await this.row(subject);
    await this.act("row(arguments[0]).click();", subject);
  }

  /** Waits for a button. */
  async button(name: string): Promise<void> {
    await this.until(`the button ${name}`, "return button(arguments[0]) !== undefined;", name);
  }

  /** Presses a button, once it is there. */
  async press(name: string): Promise<void> {
    await this.button(name);
    await this.act("button(arguments[0]).click();", name);
  }

  /** Waits for words in an alert. */
  async alert(words: string): Promise<void> {
    await this.until(`an alert: ${words}`, "return [...document.querySelectorAll('[role=alert]')].some((one) => one.textContent.includes(arguments[0]));", words);
  }

  async expectOnline(): Promise<void> {
    await this.until("the account to be online", "return /online|up to date/i.test(document.querySelector('[role=status][aria-label=Connection]')?.textContent ?? '');");
  }

  /** Closes the page. */
  async close(): Promise<void> {
    await this.tab.close();
  }

  /** Colour and text of the first paragraph in the mail frame, once it is there. */
  styledParagraph(): Promise<string> {
    return this.until(
      "the mail frame",
      `const words = document.querySelector('iframe[src^="_mail-frame"]:not([hidden])')?.contentDocument?.querySelector("p");
       return words ? getComputedStyle(words).color + " " + words.textContent : null;`,
    ) as Promise<string>;
  }

  private act(body: string, ...values: readonly unknown[]): Promise<unknown> {
    return this.tab.run(hand + body, ...values);
  }

  /** Waits until the body gives something that is neither null nor false. */
  private until(what: string, body: string, ...values: readonly unknown[]): Promise<unknown> {
    return until(`${what} in ${this.tab.name}`, async () => {
      const found = await this.act(body, ...values);
      return found === null || found === false || found === undefined ? undefined : found;
    }, 40_000);
  }
}
