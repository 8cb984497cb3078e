/** Starts the Worker that the engine lives in, wherever its files come from and whatever the page's policy asks for. */
import { MailError } from "./errors.js";
import { fault } from "./faults.js";
import { type Opening, type Port, PROTOCOL, type ToPage, type ToWorker } from "./worker/port.js";

/** The files of the engine: a Worker's script, the broker's, and the module. */
export interface EngineFiles {
  /** Address of the Worker's script, which imports nothing. */
  readonly worker: string;
  /** Address of the broker's script, the same for all tabs; undefined where it has none. */
  readonly broker: string | undefined;
  readonly wasm: Opening["wasm"];
}

/** A port to a new Worker. It throws a `MailError`, `policy-blocked`, where the browser refuses to start one. */
export function startWorker(files: EngineFiles): Port<ToPage, ToWorker> {
  const worker = newWorker(files.worker);
  let heard = false;
  const lendBroker = (): void => {
    const port = newBroker(files.broker);
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

function newWorker(script: string): Worker {
  try {
    return new Worker(trusted(ofThisOrigin(script)), { type: "module", name: "waypost" });
  } catch (cause) {
    throw new MailError(fault("policy-blocked"), { cause });
  }
}

/** A line to the broker, which only a page can start; undefined where the browser has none. Then tabs hand each other no credentials. */
function newBroker(script: string | undefined): MessagePort | undefined {
  // Each tab would have one of its own: a script from elsewhere has another address in each.
  if (script === undefined || isForeign(script)) return undefined;
  try {
    // Tabs of two builds can be open at once, perhaps under one address.
    return new SharedWorker(trusted(script), { type: "module", name: `waypost-${PROTOCOL}` }).port;
  } catch {
    return undefined;
  }
}

const isForeign = (script: string): boolean => new URL(script).origin !== location.origin;

const borrowed = new Map<string, string>();

/** A browser starts no Worker from another origin, but one of this origin may import what another serves with CORS. */
function ofThisOrigin(script: string): string {
  if (!isForeign(script)) return script;
  const address = borrowed.get(script) ?? URL.createObjectURL(new Blob([`import ${JSON.stringify(script)};`], { type: "text/javascript" }));
  borrowed.set(script, address);
  return address;
}

/** The part of Trusted Types that is used here. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<PolicyFactory["createPolicy"]> | undefined;
const own = new Set<string>();

/** The address as a page wants it that enforces Trusted Types; the policy lets nothing but the package's own Workers pass. */
function trusted(url: string): string {
  const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;
  own.add(url);
  policy ??= factory?.createPolicy("waypost", {
    createScriptURL: (asked) => {
      if (!own.has(asked)) throw new TypeError("This policy is for the Workers of waypost only.");
      return asked;
    },
  });
  return policy?.createScriptURL(url) ?? url;
}
