/** Engines behind one surface: Chromium by Playwright, Firefox by WebDriver BiDi, WebKitGTK by plain WebDriver. */
import puppeteer from "puppeteer-core";
import { Child, freePort, until } from "./child.ts";
import { launch } from "./chromium.ts";
import { webkitPrograms } from "./programs.ts";

/** What the scenarios need of an engine. */
export interface Engine {
  readonly name: string;
  goto(url: string): Promise<void>;
  /** Runs the body of a function in the page; gives what it returns. */
  run(body: string, ...values: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export async function startChromium(profile: string): Promise<Engine> {
  const context = await launch(profile);
  const page = await context.newPage();
  return {
    name: "Chromium",
    goto: async (url) => void (await page.goto(url)),
    run: (body, ...values) => page.evaluate(`(function () { ${body} }).apply(undefined, ${JSON.stringify(values)})`),
    close: () => context.close(),
  };
}

export async function startFirefox(executablePath: string, profile: string, preferences: Readonly<Record<string, unknown>> = {}): Promise<Engine> {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, userDataDir: profile, extraPrefsFirefox: preferences });
  const page = await browser.newPage();
  return {
    name: "Firefox",
    goto: async (url) => void (await page.goto(url)),
    run: (body, ...values) => page.evaluate(`(function () { ${body} })(...${JSON.stringify(values)})`),
    close: () => browser.close(),
  };
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
    return {
      name: "WebKitGTK",
      goto: async (url) => void (await call("POST", `${session}/url`, { url })),
      run: (body, ...values) => call("POST", `${session}/execute/sync`, { script: body, args: values }),
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
