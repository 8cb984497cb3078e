/** Where the programs are that the tests drive: what was built here, and the browsers of the system. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** The built web app. */
export const builtApp = join(root, "web/app/dist");

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first of these names that is an absolute path to a program, or a program on the PATH. */
function onPath(...names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names
    .flatMap((name) => (name.startsWith("/") ? [name] : folders.map((folder) => join(folder, name))))
    .find(isProgram);
}

/** A program of this workspace: named by the variable, or the newest of what cargo built. */
function built(variable: string, name: string): string {
  const given = process.env[variable];
  if (given !== undefined && given !== "") {
    if (!isProgram(given)) throw new Error(`${variable}=${given} is not a program.`);
    return given;
  }
  const found = ["release", "debug"]
    .map((profile) => join(root, "target", profile, name))
    .filter(isProgram)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (found[0] === undefined) throw new Error(`${name} is not built. Run "make build", or set ${variable} to it.`);
  return found[0];
}

export const gatewayProgram = (): string => built("GATEWAY_PROGRAM", "waypost-gateway");
export const serversProgram = (): string => built("SERVERS_PROGRAM", "waypost-servers");

/** Chromium is needed for nearly every test: without it the run fails with what to do. */
export function chromiumProgram(): string {
  const found = onPath("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  if (found === undefined) throw new Error("Chromium is not installed (Debian: apt-get install chromium).");
  return found;
}

/** Firefox, if it is here. */
export const firefoxProgram = (): string | undefined => onPath("/usr/bin/firefox-esr", "firefox-esr", "firefox");

/** WebKitGTK, if all of it is here: the driver, the browser that it drives, and a display for it. */
export function webkitPrograms(): { readonly driver: string; readonly browser: string; readonly display: string } | undefined {
  const driver = onPath("/usr/bin/WebKitWebDriver", "WebKitWebDriver");
  const display = onPath("xvfb-run");
  // Debian keeps it under the name of the machine, such as /usr/lib/x86_64-linux-gnu.
  const machines = ["/usr/libexec", ...(existsSync("/usr/lib") ? readdirSync("/usr/lib").map((name) => join("/usr/lib", name)) : [])];
  const browser = machines.map((folder) => join(folder, "webkit2gtk-4.1/MiniBrowser")).find(isProgram);
  return driver !== undefined && display !== undefined && browser !== undefined ? { driver, browser, display } : undefined;
}
