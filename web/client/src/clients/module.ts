/** A module of the package: fetched and compiled once, and an instance of it for each connection. */
import { MailError } from "../errors.js";
import { fault } from "../faults.js";

/**
 * What a module can be had from.
 *
 * @example
 * ```ts
 * import { load } from "waypost/imap";
 *
 * await load(new URL("/assets/imap.wasm", location.href));
 * ```
 */
export type WasmSource = string | URL | Response | BufferSource | WebAssembly.Module;

/** The part of generated glue that each module has. */
interface AnyGlue {
  initSync(options: { readonly module: WebAssembly.Module }): { readonly memory: WebAssembly.Memory };
}

/** An instance and its glue. */
export interface Instance<Glue> {
  readonly glue: Glue;
  readonly memory: WebAssembly.Memory;
}

/** A module and how it is had. */
export class WasmModule<Glue extends AnyGlue> {
  readonly #create: () => Glue;
  readonly #address: () => WasmSource;
  #compiled: Promise<WebAssembly.Module> | undefined;
  #loaded: WebAssembly.Module | undefined;

  /** `address` must be written as a bundler knows it: `new URL("...", import.meta.url)`. */
  constructor(
    create: () => Glue,
    address: () => WasmSource,
  ) {
    this.#create = create;
    this.#address = address;
  }

  /** Compiles the module, from `source` where a page brings it itself. A second call gives what the first made; what failed is tried again. */
  load(source?: WasmSource | Promise<WasmSource>): Promise<WebAssembly.Module> {
    this.#compiled ??= (async () => await compile((await source) ?? this.#address()))().catch((cause: unknown) => {
      this.#compiled = undefined;
      throw refusal(cause);
    });
    return this.#compiled;
  }

  /** An instance for one connection. */
  async instance(): Promise<Instance<Glue>> {
    this.#loaded = await this.load();
    return this.instanceNow();
  }

  /** An instance at once, after one was made. */
  instanceNow(): Instance<Glue> {
    if (!this.#loaded) throw new MailError(fault("core-unreachable"));
    const glue = this.#create();
    try {
      const { memory } = glue.initSync({ module: this.#loaded });
      return { glue, memory };
    } catch (cause) {
      // Here WebKit looks at the page's policy; the others do when a module is compiled.
      throw refusal(cause);
    }
  }
}

/** What an engine throws where it takes no module, as an error that says why. */
export function refusal(cause: unknown): MailError {
  const policy = cause instanceof WebAssembly.CompileError || (cause instanceof Error && /Content Security Policy|\bCSP\b|unsafe-eval/i.test(cause.message));
  return new MailError(fault(policy ? "policy-blocked" : "core-unreachable"), { cause });
}

async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source !== "string" && !(source instanceof URL)) return source instanceof Response ? compileResponse(source) : WebAssembly.compile(source);
  const url = new URL(source, (globalThis as { readonly location?: { readonly href: string } }).location?.href);
  const octets = url.protocol === "file:" ? await readFile(url) : undefined;
  return octets ? WebAssembly.compile(octets) : compileResponse(await fetch(url));
}

/** Node can't fetch files; bundlers must see no import of its modules. */
async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> } } };
  return process?.getBuiltinModule?.("node:fs/promises").readFile(url);
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new TypeError(`${response.url}: HTTP status ${response.status}`);
  // A server that does not know the type of .wasm files gets by with the slower way.
  if (response.headers.get("content-type")?.split(";")[0] !== "application/wasm") return WebAssembly.compile(await response.arrayBuffer());
  return WebAssembly.compileStreaming(response);
}
