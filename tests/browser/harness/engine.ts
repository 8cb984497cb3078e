/** Engines behind one surface: Chromium by Playwright, Firefox by WebDriver BiDi, WebKitGTK by plain WebDriver. */
import puppeteer from "puppeteer-core";
import { Child, freePort, until } from "./child.ts";
import { launch } from "./chromium.ts";
import { webkitPrograms } from "./programs.ts";

/** A page of an engine. */
export interface Tab {
  /** Of the engine. */
  readonly name: string;
  goto(url: string): Promise<void>;
  /** Runs the body of a function in the page; gives what it returns. */
  run(body: string, ...values: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

/** What the scenarios need of an engine: its first page, with whose end all ends, and more pages beside it. */
export interface Engine extends Tab {
  newTab(): Promise<Tab>;
}

export async function startChromium(profile: string): Promise<Engine> {
  const context = await launch(profile);
  const newTab = async (): Promise<Tab> => {
    const page = await context.newPage();
    return {
      name: "Chromium",
      goto: async (url) => void (await page.goto(url)),
      run: (body, ...values) => page.evaluate(`(function () { ${body} }).apply(undefined, ${JSON.stringify(values)})`),
      close: () => page.close(),
    };
  };
  return { ...(await newTab()), newTab, close: () => context.close() };
}

export async function startFirefox(executablePath: string, profile: string, preferences: Readonly<Record<string, unknown>> = {}): Promise<Engine> {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, userDataDir: profile, extraPrefsFirefox: preferences });
  const newTab = async (): Promise<Tab> => {
    const page = await browser.newPage();
    return {
      name: "Firefox",
      goto: async (url) => void (await page.goto(url)),
      run: (body, ...values) => page.evaluate(`(function () { ${body} })(...${JSON.stringify(values)})`),
      close: () => page.close(),
    };
  };
  return { ...(await newTab()), newTab, close: () => browser.close() };
}

export async function startWebKit(programs: NonNullable<ReturnType<typeof webkitPrograms>>): Promise<Engine> {
  const port = await freePort();
  const environment = {
    WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    // Its sandbox does not start for root.
    ...(process.getuid?.() === 0 ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } : {}),
  };
  const driver = Child.start(programs.display, ["-a", programs.driver, `--port=${port}`], { group: true, environment });
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
    return value;
  };
  try {
    await until("WebKitWebDriver to answer", () => call("GET", "/status").then(() => true, () => undefined));
    const options = { binary: programs.browser, args: ["--automation"] };
    const made = (await call("POST", "/session", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } })) as { sessionId: string };
    const session = `/session/${made.sessionId}`;
    // What is said goes to one page, which is chosen before: one thing after the other.
    let turn: Promise<unknown> = Promise.resolve();
    const tab = (handle: string): Tab => {
      const ask = (method: string, path: string, body?: unknown): Promise<unknown> => {
        const answer = turn.then(async () => {
          await call("POST", `${session}/window`, { handle });
          return call(method, session + path, body);
        });
        turn = answer.catch(() => undefined);
        return answer;
      };
      return {
        name: "WebKitGTK",
        goto: async (url) => void (await ask("POST", "/url", { url })),
        run: (body, ...values) => ask("POST", "/execute/sync", { script: body, args: values }),
        close: async () => void (await ask("DELETE", "/window")),
      };
    };
    const first = tab((await call("GET", `${session}/window`)) as string);
    return {
      ...first,
      newTab: async () => {
        const made = turn.then(() => call("POST", `${session}/window/new`, { type: "tab" }));
        turn = made.catch(() => undefined);
        return tab(((await made) as { handle: string }).handle);
      },
      close: async () => {
        await call("DELETE", session).catch(() => undefined);
        await driver.stop();
      },
    };
  } catch (error) {
    await driver.stop();
    throw error;
  }
}
