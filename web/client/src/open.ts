import { MailError } from "./errors.js";
import { fault } from "./faults.js";
import { Session } from "./session.js";
import type { MailClient, OpenOptions } from "./types.js";
import { type Opening, type Port, PROTOCOL, type ToPage, type ToWorker } from "./worker/port.js";

/**
 * Opens the client over one profile. Nothing connects until an account has a password.
 *
 * Rejects with a {@link MailError}: `insecure-context` where the page came over plain http (localhost is fine), `unsupported` in a
 * browser that lacks something, `policy-blocked` where the page's own policy forbids the Worker or WebAssembly.
 */
export async function open(options: OpenOptions = {}): Promise<MailClient> {
  checkBrowser();
  const { locks } = navigator;
  return Session.open(startWorker, openingOf(options, location.href), {
    page: globalThis,
    locks: { request: (name, options, held) => locks.request(name, options, held) },
  });
}

function checkBrowser(): void {
  if ((globalThis as { readonly isSecureContext?: boolean }).isSecureContext === false) throw new MailError(fault("insecure-context"));
  const { navigator } = globalThis as { readonly navigator?: object };
  const missing = ["WebAssembly", "indexedDB", "Worker", "BroadcastChannel"].filter((name) => !(name in globalThis));
  if (navigator === undefined || !("locks" in navigator)) missing.push("Web Locks");
  if (!missing.includes("WebAssembly") && !WebAssembly.validate(simd)) missing.push("WebAssembly with SIMD");
  if (missing.length === 0) return;
  throw new MailError(fault("unsupported", `This browser lacks what Waypost needs: ${missing.join(", ")}. Use a current browser.`));
}

/** A module that says no more than that there is a function with a vector as its result. */
const simd = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b);

/** What the Worker needs to know, from the options and the page's own address. */
export function openingOf(options: OpenOptions, page: string): Opening {
  const { profile = "default", gatewayToken } = options;
  if (!/^[\w.-]{1,64}$/.test(profile)) {
    throw new MailError(fault("wrong-argument", "A profile is named by 1 to 64 letters, digits, dots, hyphens and underscores."));
  }
  const wasm = new URL("./waypost.wasm", import.meta.url).href;
  return { profile, gateway: gatewayOf(options.gateway, page), gatewayToken, wasm, again: false };
}

function gatewayOf(given: string | URL | undefined, page: string): string {
  try {
    const url = new URL(given ?? "/tunnel", page);
    url.protocol = { "http:": "ws:", "https:": "wss:" }[url.protocol] ?? url.protocol;
    url.hash = "";
    if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  } catch {
    // It is no address at all: the sentence below says so as well.
  }
  throw new MailError(fault("wrong-argument", "The gateway is named by an address such as wss://mail.example/tunnel."));
}

function startWorker(): Port<ToPage, ToWorker> {
  const worker = newWorker();
  let heard = false;
  const lendBroker = (): void => {
    const port = newBroker();
    if (port !== undefined) worker.postMessage({ kind: "broker", port } satisfies ToWorker, [port]);
  };
  lendBroker();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (hear) => {
      worker.addEventListener("message", (event: MessageEvent<ToPage>) => {
        heard = true;
        if (event.data.kind === "broker") lendBroker();
        else hear(event.data);
      });
      worker.addEventListener("error", () => {
        // Before its first word it means that the script could not be loaded; later faults the Worker tells itself.
        if (!heard) hear({ kind: "refused", error: fault("core-unreachable") });
      });
    },
    close: () => worker.terminate(),
  };
}

/** Bundlers know addresses of this form and carry the files along as they are: each is one file that imports nothing. */
const addresses = {
  worker: () => new URL("./worker.js", import.meta.url).href,
  // So small that Vite would put it into the script, where no policy allows it and each tab would have its own.
  broker: () => new URL("./broker.js?no-inline", import.meta.url).href,
};

function newWorker(): Worker {
  try {
    return new Worker(trusted(addresses.worker()), { type: "module", name: "waypost" });
  } catch (cause) {
    throw new MailError(fault("policy-blocked"), { cause });
  }
}

/** A line to the broker, which only a page can start; undefined where the browser has none. Then tabs hand each other no credentials. */
function newBroker(): MessagePort | undefined {
  try {
    // Tabs of two builds can be open at once, perhaps under one address.
    return new SharedWorker(trusted(addresses.broker()), { type: "module", name: `waypost-${PROTOCOL}` }).port;
  } catch {
    return undefined;
  }
}

/** The part of Trusted Types that is used here. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<PolicyFactory["createPolicy"]> | undefined;

/** The address as a page wants it that enforces Trusted Types; the policy lets nothing but the package's own Workers pass. */
function trusted(url: string): string {
  const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;
  policy ??= factory?.createPolicy("waypost", {
    createScriptURL: (asked) => {
      if (asked !== addresses.worker() && asked !== addresses.broker()) throw new TypeError("This policy is for the Workers of waypost only.");
      return asked;
    },
  });
  return policy?.createScriptURL(url) ?? url;
}
