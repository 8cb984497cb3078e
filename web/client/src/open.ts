import type { MailClient, OpenOptions } from "./client.js";
import { MailError, unsupported, wrongArgument } from "./errors.js";
import { engineFault } from "./engine-faults.js";
import { gatewayAddress } from "./gateway-address.js";
import { Session } from "./session.js";
import { type EngineFiles, startWorker } from "./start.js";
import type { Opening } from "./worker/port.js";

/** Opens the client over one profile, from the engine's files. */
export async function openWith(files: () => EngineFiles | Promise<EngineFiles>, options: OpenOptions): Promise<MailClient> {
  checkBrowser();
  const { locks } = navigator;
  const found = await files();
  return Session.open(() => startWorker(found), openingOf(options, location.href, found.wasm), {
    page: globalThis,
    locks: { request: (name, options, held) => locks.request(name, options, held) },
  });
}

function checkBrowser(): void {
  if ((globalThis as { readonly isSecureContext?: boolean }).isSecureContext === false) throw new MailError(engineFault("insecure-context"));
  const { navigator } = globalThis as { readonly navigator?: object };
  const missing = ["WebAssembly", "indexedDB", "Worker", "BroadcastChannel"].filter((name) => !(name in globalThis));
  if (navigator === undefined || !("locks" in navigator)) missing.push("Web Locks");
  if (!missing.includes("WebAssembly") && !WebAssembly.validate(simd)) missing.push("WebAssembly with SIMD");
  if (missing.length === 0) return;
  throw unsupported(`This browser lacks what Waypost needs: ${missing.join(", ")}. Use a current browser.`);
}

/** A module that says no more than that there is a function with a vector as its result. */
const simd = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b);

/** What the Worker needs to know, from the options and the page's own address. */
export function openingOf(options: OpenOptions, page: string, wasm: Opening["wasm"]): Opening {
  const { profile = "default", gatewayToken } = options;
  if (!/^[\w.-]{1,64}$/.test(profile)) {
    throw wrongArgument("A profile is named by 1 to 64 letters, digits, dots, hyphens and underscores.");
  }
  return { profile, gateway: gatewayAddress(options.gateway ?? "/tunnel", page), gatewayToken, wasm, again: false };
}
