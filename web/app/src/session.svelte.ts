/** The client of this page and the accounts in it; which view is shown follows from them. */
import { type Account, type AccountSettings, type ErrorShape, type MailClient, type MailEvent, open, type StorageState } from "waypost";
import { Access } from "./access.svelte";
import { asFault } from "./faults";
import type { ViewName } from "./routes";
import { makePermanent, noteStored, wasStored } from "./storage";

export class Session {
  view: ViewName = $state("opening");
  accounts: readonly Account[] = $state.raw([]);
  /** Why the app could not start. */
  fault: ErrorShape | null = $state.raw(null);
  /** Why the accounts can't be read any more, until it is closed. */
  problem: ErrorShape | null = $state.raw(null);
  /** What can be done with the store of this device. */
  storage: StorageState = $state.raw({ storage: "ready" });
  /** The account to show next, when the mail view comes up. */
  wanted: number | null = null;
  /** What the gateway offers and asks for. */
  readonly access = new Access();

  #client: MailClient | null = null;

  /** The client; views that need it are shown only after it is open. */
  get client(): MailClient {
    if (this.#client === null) throw new Error("The client is not open yet.");
    return this.#client;
  }

  /** The name of the gateway, which serves this page. */
  get gateway(): string {
    return location.host;
  }

  async start(): Promise<void> {
    if (!isSecureContext) {
      this.view = "insecure";
      return;
    }
    // Not waited for: the app starts with the gateway gone.
    void this.access.ask();
    try {
      // Beside the page, wherever the gateway serves it.
      this.#client = await open({ gateway: "./tunnel" });
      for (const name of ["change", "storage"] as const) this.#client.addEventListener(name, ({ detail }) => this.#heard(detail));
      this.accounts = await this.#client.accounts();
      if (this.accounts.length === 0 && wasStored()) this.storage = { storage: "evicted" };
      else noteStored(this.accounts.length > 0);
      this.view = this.accounts.length === 0 ? "sign-in" : "mail";
    } catch (error) {
      this.fault = asFault(error);
      this.view = "failed";
    }
  }

  /** Gives the gateway's access token to all tabs, and tries again what waited for one; throws what the client threw. */
  async giveToken(token: string): Promise<void> {
    await this.client.setGatewayToken(token);
    this.access.give(token);
    // What can't be tried now tells so in its state.
    await Promise.allSettled(this.accounts.map(({ id }) => this.client.syncNow(id)));
  }

  /** Adds an account; throws what the client threw. */
  async add(settings: AccountSettings, password: string): Promise<void> {
    const account = await this.client.addAccount(settings, password);
    this.accounts = await this.client.accounts();
    if (this.storage.storage === "evicted") this.hearRemoval();
    this.access.accept();
    this.wanted = account.id;
    this.view = "mail";
    // Mail that is kept here should not be cleared by the browser when space runs short.
    void makePermanent().catch(() => false);
  }

  showSignIn(): void {
    void this.access.ask();
    this.view = "sign-in";
  }

  /** Shows what is set for an account and what is stored of it; the way back leads to its mail. */
  showAccount(account: number): void {
    this.wanted = account;
    this.view = "account";
  }

  showMail(): void {
    if (this.accounts.length > 0) this.view = "mail";
  }

  /** Removes an account with all its mail from this device. */
  async remove(account: number): Promise<void> {
    await this.client.removeAccount(account);
    await this.#read();
    if (this.accounts.length === 0) noteStored(false);
  }

  /** The person knows that the browser removed what was stored. */
  hearRemoval(): void {
    this.storage = { storage: "ready" };
    noteStored(this.accounts.length > 0);
  }

  #heard(event: MailEvent): void {
    if (event.event === "storage") this.storage = event;
    if (event.event === "change" && event.type === "accounts") void this.#readAgain();
  }

  /** Reads the accounts after a change; what fails is shown. */
  async #readAgain(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.problem = asFault(error);
    }
  }

  async #read(): Promise<void> {
    const before = this.accounts.length;
    this.accounts = await this.client.accounts();
    // What was removed from outside is said again at the next visit, until it is heard.
    if (this.storage.storage !== "evicted") noteStored(this.accounts.length > 0);
    if (this.accounts.length === 0) this.view = "sign-in";
    // Another tab added the first account.
    else if (before === 0 && this.view === "sign-in") this.view = "mail";
  }
}
