/** The app as a person meets it: by roles and names, never by classes. */
import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import type { MailServer, User } from "../harness/mail-server.ts";

export interface Account {
  readonly protocol: "IMAP" | "POP3";
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls" | "none";
  readonly user: User;
  /** POP3 only. */
  readonly afterDownload?: "Leave on the server" | "Delete from the server";
  /** Whether it may be deleted while the browser does not promise to keep what is stored, as one without a person does not: yes by default. */
  readonly acceptsEviction?: boolean;
}

/** An account over TLS; whatever else is wanted replaces its parts. */
export function accountOn(mail: MailServer, protocol: Account["protocol"], other: Partial<Account> = {}): Account {
  const port = protocol === "IMAP" ? mail.ports.imaps : mail.ports.pop3s;
  return { protocol, host: "localhost", port, security: "tls", user: mail.user, ...other };
}

export class App {
  constructor(
    readonly page: Page,
    readonly origin: string,
  ) {}

  async open(): Promise<void> {
    await this.page.goto(this.origin);
  }

  /** Reloads; whatever the page held in memory is gone. */
  async reload(): Promise<void> {
    await this.page.reload();
  }

  get signInButton(): Locator {
    return this.page.getByRole("button", { name: "Sign in", exact: true });
  }

  /** The field for the gateway's access token. */
  get token(): Locator {
    return this.page.getByLabel("Access token of this gateway", { exact: true });
  }

  /** A field of the form, by its label. */
  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  get folders(): Locator {
    return this.page.getByRole("navigation", { name: "Folders" });
  }

  get messages(): Locator {
    return this.page.getByRole("grid", { name: "Messages" });
  }

  get rows(): Locator {
    return this.messages.getByRole("row");
  }

  get message(): Locator {
    return this.page.getByRole("article", { name: "Message" });
  }

  get connection(): Locator {
    return this.page.getByRole("status", { name: "Connection" });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  /** The inside of the frame that shows HTML. */
  get frame(): FrameLocator {
    return this.message.frameLocator('iframe[src^="_mail-frame"]');
  }

  /** The list line of a message. */
  row(subject: string): Locator {
    return this.rows.filter({ hasText: subject });
  }

  /** A line whose message is unread. */
  unreadRow(subject: string): Locator {
    return this.messages.getByRole("row", { name: /^Unread/ }).filter({ hasText: subject });
  }

  /** Fills in the form and sends it. */
  async fillSignIn(account: Account): Promise<void> {
    const { page } = this;
    await page.getByRole("radio", { name: account.protocol }).check();
    await page.getByLabel("Address", { exact: true }).fill(account.user.name);
    await page.getByLabel("Server", { exact: true }).fill(account.host);
    await page.getByLabel("Security", { exact: true }).selectOption(account.security);
    await page.getByLabel("Port", { exact: true }).fill(String(account.port));
    await page.getByLabel("User name", { exact: true }).fill(account.user.name);
    await page.getByLabel("Password", { exact: true }).fill(account.user.password);
    if (account.protocol === "POP3") {
      await page.getByLabel("After download", { exact: true }).selectOption(account.afterDownload ?? "Leave on the server");
      if (account.afterDownload === "Delete from the server" && (account.acceptsEviction ?? true)) await page.getByRole("checkbox", { name: /^Delete also while/ }).check();
    }
    await this.signInButton.click();
  }

  /** Signs in for the first time and waits for the folders. */
  async signIn(account: Account): Promise<void> {
    await this.fillSignIn(account);
    await expect(this.folders).toBeVisible({ timeout: 30_000 });
  }

  /** Gives the password of a stored account again, as the app asks for it after a reload. */
  async giveAgain(password: string): Promise<void> {
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.signInButton.click();
  }

  /** Does what a button of the account's menu says, and waits there for what it comes to. */
  private async fromMenu(name: string, done?: (menu: Locator) => Promise<void>): Promise<void> {
    const menu = this.page.getByRole("group", { name: "Account and settings" });
    await this.page.getByRole("button", { name: "Account and settings" }).click();
    await menu.getByRole("button", { name, exact: true }).click();
    await done?.(menu);
    await this.page.keyboard.press("Escape");
    await expect(menu).toBeHidden();
  }

  /** Saves the folder that is shown as a file, and waits until the app says so in these words. */
  async saveFolder(name: string, words: string): Promise<void> {
    await this.fromMenu(`Save “${name}” as a file`, (menu) => expect(menu.getByRole("status")).toHaveText(words));
  }

  async signOut(): Promise<void> {
    await this.fromMenu("Sign out");
  }

  /** Looks for new mail now. */
  async look(): Promise<void> {
    await this.fromMenu("Check now");
  }

  async openMessage(subject: string): Promise<void> {
    await this.row(subject).first().click();
    await expect(this.message.getByRole("heading", { name: subject })).toBeVisible();
  }

  /** A folder of the tree, by its name. */
  folder(name: string): Locator {
    return this.folders.getByRole("button", { name: new RegExp(`^${name}(, |$)`) });
  }

  /** Shows a folder and waits for its list. */
  async showFolder(name: string): Promise<void> {
    await this.folder(name).click();
    await expect(this.page.getByRole("region", { name: "Message list" }).getByRole("heading", { name, exact: true })).toBeVisible();
  }

  /** Shows the page of the account: its settings, rules and history. */
  async openAccount(): Promise<void> {
    await this.page.getByRole("button", { name: "Account and settings" }).click();
    await this.page.getByRole("button", { name: "On the server and here" }).click();
  }

  async closeAccount(): Promise<void> {
    await this.page.getByRole("button", { name: "Back to mail" }).click();
  }

  /** The subjects of the list, as they stand. */
  async subjects(): Promise<readonly string[]> {
    return (await this.rows.evaluateAll((rows) => rows.map((row) => [Number(row.getAttribute("aria-rowindex")), row.querySelector(".subj > span")?.textContent ?? ""] as const)))
      .sort(([one], [other]) => one - other)
      .map(([, subject]) => subject);
  }

  /** Sets the ticks of messages. */
  async tick(...subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) {
      await this.row(subject).hover();
      await this.row(subject).getByRole("checkbox", { name: "Select" }).click();
    }
  }

  /** What can be done with what is ticked. */
  get selected(): Locator {
    return this.page.getByRole("group", { name: "Selected messages" });
  }

  /** What the app says of what it did, with the way back. */
  get note(): Locator {
    return this.page.getByRole("status", { name: "What was done" });
  }

  async undo(): Promise<void> {
    await this.note.getByRole("button", { name: "Undo" }).click();
  }

  async star(): Promise<void> {
    await this.message.getByRole("button", { name: "Star", exact: true }).click();
  }

  async unstar(): Promise<void> {
    await this.message.getByRole("button", { name: "Remove star", exact: true }).click();
  }

  /** Allows remote images for the open message, and waits for the frame that may load them. */
  async showImages(): Promise<void> {
    await this.message.getByRole("button", { name: /show.* images/i }).click();
    await expect(this.message.locator('iframe[src^="_mail-frame?"][src*="images=1"]')).toBeVisible();
  }

  /** Leaves a mark in the page's memory that a reload would take away. */
  async markPage(): Promise<void> {
    await this.page.evaluate(() => Object.assign(globalThis, { markOfTheTest: true }));
  }

  isMarked(): Promise<boolean> {
    return this.page.evaluate(() => "markOfTheTest" in globalThis);
  }

  /** Waits until the service worker is active and has cached the build. */
  async workerReady(): Promise<void> {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  }

  async expectOffline(): Promise<void> {
    await expect(this.connection).toContainText(/offline/i, { timeout: 30_000 });
  }

  async expectOnline(): Promise<void> {
    await expect(this.connection).toContainText(/online|up to date|connected/i, { timeout: 30_000 });
  }
}
