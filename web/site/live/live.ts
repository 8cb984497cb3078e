/** Runs an example of the package in the page that shows it, against the gateway and the server that the reader names. */
import { MailError } from "waypost";
import type { Show, Site } from "../../client/examples/site.js";

interface Example {
  readonly example: (site: Site, show: Show, signal?: AbortSignal) => Promise<void>;
}

/** What the form asks for. All are texts, as inputs have them. */
interface Answers {
  readonly gateway: string;
  readonly host: string;
  readonly imapPort: string;
  readonly imapSecurity: string;
  readonly pop3Port: string;
  readonly pop3Security: string;
  readonly username: string;
  readonly password: string;
}

const labels: Readonly<Record<keyof Answers, string>> = {
  gateway: "Gateway",
  host: "Mail server",
  imapPort: "IMAP port",
  imapSecurity: "IMAP security",
  pop3Port: "POP3 port",
  pop3Security: "POP3 security",
  username: "User name",
  password: "Password",
};

/** `make run` prints them; its ports of the mail server change. */
const usual: Answers = {
  gateway: "ws://127.0.0.1:8790/tunnel",
  host: "localhost",
  imapPort: "993",
  imapSecurity: "tls",
  pop3Port: "995",
  pop3Security: "tls",
  username: "",
  password: "",
};

const names = Object.keys(labels) as readonly (keyof Answers)[];
const kept = "waypost-examples";

/** Answers of this tab, else of the server of this site when it stands before a sample mailbox, else the usual ones. */
async function firstAnswers(): Promise<Answers> {
  const stored = sessionStorage.getItem(kept);
  const sample = await fetch(new URL("sample.json", import.meta.url)).then(
    (response): Promise<Partial<Answers>> | object => (response.ok ? (response.json() as Promise<Partial<Answers>>) : {}),
    () => ({}),
  );
  return { ...usual, ...sample, ...(stored === null ? {} : (JSON.parse(stored) as Partial<Answers>)) };
}

/** What is kept for the next example of this tab: never the password. */
function keep(answers: Answers): void {
  const entries = Object.entries(answers).filter(([name]) => name !== "password");
  sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(entries)));
}

function siteOf(answers: Answers): Site {
  const target = (port: string, security: string): Site["imap"] => ({ host: answers.host, port: Number(port), security: security as Site["imap"]["security"] });
  return {
    gateway: answers.gateway,
    imap: target(answers.imapPort, answers.imapSecurity),
    pop3: target(answers.pop3Port, answers.pop3Security),
    username: answers.username,
    password: answers.password,
  };
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, properties: Partial<HTMLElementTagNameMap[Name]>, ...inner: readonly (Node | string)[]): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inner);
  return made;
}

function field(name: keyof Answers, value: string): HTMLLabelElement {
  if (name === "imapSecurity" || name === "pop3Security") {
    const options = ["tls", "starttls", "none"].map((each) => element("option", { value: each, selected: each === value }, each));
    return element("label", {}, labels[name], element("select", { name }, ...options));
  }
  const type = name === "password" ? "password" : name.endsWith("Port") ? "number" : "text";
  const input = element("input", { name, value, type, required: true, spellcheck: false, autocomplete: "off" });
  return element("label", {}, labels[name], input);
}

function answersOf(form: HTMLFormElement): Answers {
  const data = new FormData(form);
  const text = (name: keyof Answers): string => {
    const value = data.get(name);
    if (typeof value !== "string") return "";
    return name === "password" ? value : value.trim();
  };
  return Object.fromEntries(names.map((name) => [name, text(name)])) as unknown as Answers;
}

/** The sentence of an error, and where its code is explained. */
function explain(error: unknown): readonly (Node | string)[] {
  if (!(error instanceof MailError)) return [String(error)];
  const address = new URL(`../documents/Errors.html#${error.code}`, import.meta.url);
  return [element("a", { href: address.href }, error.code), `: ${error.message}`, ...(error.serverText === null ? [] : [` The server said: ${error.serverText}`])];
}

async function run(name: string, answers: Answers, output: HTMLElement, signal: AbortSignal): Promise<void> {
  output.replaceChildren();
  const show = (...inner: readonly (Node | string)[]): void => output.append(element("div", {}, ...inner));
  try {
    const { example } = (await import(new URL(`examples/${name}.js`, import.meta.url).href)) as Example;
    await example(siteOf(answers), (line) => show(line), signal);
    output.dataset["state"] = "done";
  } catch (error) {
    output.dataset["state"] = signal.aborted ? "stopped" : "failed";
    if (!signal.aborted) show(...explain(error));
  }
}

/** Removes what examples stored in this browser, unless one is at work. */
async function forget(): Promise<string> {
  const names = (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith("waypost:") === true ? [name] : []));
  const outcomes = await Promise.all(names.map((name) => removeDatabase(name)));
  return outcomes.includes("blocked") ? "Another page holds it: close that page, then try again." : "Nothing of the examples is stored here now.";
}

function removeDatabase(name: string): Promise<string> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    for (const outcome of ["success", "error", "blocked"]) request.addEventListener(outcome, () => resolve(outcome));
  });
}

async function build(place: HTMLElement, name: string): Promise<void> {
  const answers = await firstAnswers();
  const start = element("button", { type: "submit" }, "Run");
  const stop = element("button", { type: "button", disabled: true }, "Stop");
  const clear = element("button", { type: "button" }, "Forget stored mail");
  const output = element("pre", { ariaLive: "polite" });
  output.setAttribute("role", "log");
  output.setAttribute("aria-label", "Output");
  const form = element("form", {}, ...names.map((each) => field(each, answers[each])), element("div", {}, start, stop, clear));
  clear.addEventListener("click", () => void forget().then((sentence) => output.replaceChildren(sentence)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = answersOf(form);
    keep(given);
    const running = new AbortController();
    stop.onclick = () => running.abort();
    start.disabled = true;
    stop.disabled = false;
    output.dataset["state"] = "running";
    void run(name, given, output, running.signal).finally(() => {
      start.disabled = false;
      stop.disabled = true;
    });
  });
  place.replaceChildren(form, output);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-example]")) void build(place, place.dataset["example"] ?? "");
