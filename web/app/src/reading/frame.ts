/**
 * Shows the HTML of a message in a frame that runs no script.
 *
 * The frame is a page of our own with its own policy (`mail-frame.ts`). Where the engine lets listeners of this page work in a
 * frame without scripts, the sandbox forbids them too (strict). WebKit does not; there the policy is the only wall, so it is
 * tried before any mail is put in. A frame that does not pass its check never gets mail.
 */
import { framePath, framePolicy, frameQuery } from "./mail-frame";
import { cleanMail, type ParserWindow, pictureType } from "./sanitize";

export interface MailHtml {
  readonly html: string;
  readonly title: string;
  /** Whether pictures may come from the network. */
  readonly images: boolean;
  /** The octets of a part by its content id in lower case, or null if there is none. */
  picture(id: string): Promise<Uint8Array | null>;
  /** A link was chosen; the frame itself goes nowhere. */
  link(address: string): void;
  /** Where the pointer or the focus is on a link, its address; else null. */
  hint(address: string | null): void;
  /** Keys that the message leaves to the app. */
  key(event: KeyboardEvent): void;
  /** The frame left its page; what it shows is not the mail any more. */
  lost(): void;
}

export interface ShownMail {
  /** How many pictures the message wants from the network. */
  readonly remote: number;
  /** Whether it is shown on the ground of the app, or on white. */
  readonly coloured: boolean;
  destroy(): void;
}

const frameTimeMs = 5000;
const tallest = 60_000;

/** Puts a frame with the message into an element. Throws if the frame is not safe; then nothing of the message was put in. */
export async function showMail(place: HTMLElement, mail: MailHtml, signal: AbortSignal): Promise<ShownMail> {
  const strict = await listenersWork();
  signal.throwIfAborted();
  const frame = newFrame(mail.images, strict);
  frame.title = mail.title;
  const end = new AbortController();
  signal.addEventListener("abort", () => end.abort(), { signal: end.signal });
  const pictures: string[] = [];
  const destroy = (): void => {
    end.abort();
    frame.remove();
    for (const address of pictures.splice(0)) URL.revokeObjectURL(address);
  };
  try {
    await loaded(frame, () => place.append(frame));
    await check(frame, mail.images, strict);
    signal.throwIfAborted();
    frame.addEventListener("load", () => mail.lost(), { signal: end.signal });
    const view = windowOf(frame);
    const clean = await cleanMail(mail.html, view, mail.images);
    signal.throwIfAborted();
    dress(frame, view.document, clean.coloured, end.signal);
    view.document.body.dir = "auto";
    for (const [name, value] of clean.body) view.document.body.setAttribute(name, value);
    listen(view.document, mail, end.signal);
    view.document.body.append(clean.content);
    grow(frame, view.document, end.signal);
    void fill(clean.inline, mail, pictures, end.signal);
    return { remote: clean.remote, coloured: clean.coloured, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

function newFrame(images: boolean, strict: boolean): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", strict ? "allow-same-origin" : "allow-same-origin allow-scripts");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.src = framePath + frameQuery(images, !strict);
  return frame;
}

/** Waits for the first load after the frame is in the page. */
function loaded(frame: HTMLIFrameElement, insert: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("The frame did not load.")), frameTimeMs);
    frame.addEventListener(
      "load",
      () => {
        clearTimeout(late);
        resolve();
      },
      { once: true },
    );
    insert();
  });
}

function windowOf(frame: HTMLIFrameElement): ParserWindow {
  const view = frame.contentWindow;
  if (view === null || frame.contentDocument === null) throw new Error("The frame is not ours.");
  return view as ParserWindow;
}

let working: Promise<boolean> | null = null;

/** Whether a listener of this page fires in a frame without scripts. Tried once for each page, never guessed from a name. */
function listenersWork(): Promise<boolean> {
  working ??= (async () => {
    const frame = newFrame(false, true);
    frame.hidden = true;
    try {
      await loaded(frame, () => document.body.append(frame));
      let fired = false;
      frame.contentDocument?.addEventListener("mail-frame-probe", () => (fired = true));
      frame.contentDocument?.dispatchEvent(new Event("mail-frame-probe"));
      return fired;
    } catch (error) {
      working = null;
      throw error;
    } finally {
      frame.remove();
    }
  })();
  return working;
}

/** Refuses a frame that is not our page under our policy. */
async function check(frame: HTMLIFrameElement, images: boolean, strict: boolean): Promise<void> {
  const view = windowOf(frame);
  const { document: page } = view;
  const policy = page.head.querySelector<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy" i]')?.content;
  if (page.URL !== new URL(frame.src, location.href).href || page.querySelector("meta[name=mail-frame]") === null) throw new Error("This is not the mail frame.");
  // The page was parsed with this policy in its head, so it is in force, whether or not the header came through.
  if (policy !== framePolicy(images)) throw new Error("The frame has no policy.");
  // A strict frame runs nothing by its sandbox, and Chromium would log the try as a fault.
  if (strict) return;
  if (runsText(view)) throw new Error("The frame can run script.");
  await checkByTrying(page);
}

/** Whether the frame's realm makes code of text. A live policy refuses. */
function runsText(view: ParserWindow): boolean {
  try {
    return view.eval("true") === true;
  } catch {
    return false;
  }
}

/** Where the policy is the only wall: a script must not run, and a style sheet must be reported as blocked. */
async function checkByTrying(page: Document): Promise<void> {
  const blocked: string[] = [];
  const note = (event: SecurityPolicyViolationEvent): void => void blocked.push(event.effectiveDirective);
  page.addEventListener("securitypolicyviolation", note);
  try {
    const script = page.createElement("script");
    script.append("document.documentElement.dataset.ran = 1");
    page.head.append(script);
    script.remove();
    if (page.documentElement.dataset["ran"] !== undefined) throw new Error("The frame can run script.");
    const sheet = page.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = "/_mail-canary.css";
    page.head.append(sheet);
    const styles = (): boolean => blocked.some((directive) => directive.startsWith("style-src"));
    for (let turn = 0; turn < 50 && !styles(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    sheet.remove();
    if (!styles()) throw new Error("The frame has no policy.");
  } finally {
    page.removeEventListener("securitypolicyviolation", note);
  }
}

const base = `
  html { block-size: auto !important; overflow-y: hidden; overflow-x: auto; font: 1rem/1.5625 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
  body { margin: 0; block-size: auto !important; min-block-size: 0 !important; overflow-wrap: anywhere; }
  html[data-ground="white"] body { padding: 1rem; box-sizing: border-box; }
  img { max-inline-size: 100%; }
  img:not([src]):is([width="0"], [width="1"], [height="0"], [height="1"]) { display: none; }
  img:not([src]) { min-inline-size: 1.5rem; min-block-size: 1.5rem; outline: 1px dashed; outline-offset: -1px; opacity: .5; }
  html[data-ground="app"] a { color: inherit; text-decoration-thickness: 2px; text-underline-offset: .22em; }
  blockquote { margin-inline: 0; padding-inline-start: .75rem; border-inline-start: 2px solid; border-color: color-mix(in srgb, currentColor 30%, transparent); }
`;

/** Plain mail takes the colours of the app; mail with colours of its own gets white paper, as it was written for. */
function dress(frame: HTMLIFrameElement, page: Document, coloured: boolean, signal: AbortSignal): void {
  const style = page.createElement("style");
  style.append(base);
  page.head.append(style);
  const root = page.documentElement;
  root.dataset["ground"] = coloured ? "white" : "app";
  frame.classList.toggle("white", coloured);
  const colour = (): void => {
    const own = getComputedStyle(frame);
    root.style.colorScheme = coloured ? "light" : own.colorScheme;
    root.style.color = coloured ? "black" : own.color;
    root.style.background = coloured ? "white" : "transparent";
  };
  colour();
  if (!coloured) matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colour, { signal });
}

/** As tall as the message; one that is too wide is made smaller, down to where it can still be read. */
function grow(frame: HTMLIFrameElement, page: Document, signal: AbortSignal): void {
  const root = page.documentElement;
  const { body } = page;
  const fit = (): void => {
    body.style.zoom = "1";
    // What sticks out at the end does so past the padding there.
    const over = root.scrollWidth > root.clientWidth + 1 ? Number.parseFloat(getComputedStyle(body).paddingInlineEnd) : 0;
    const wide = (root.scrollWidth + over) / Math.max(1, root.clientWidth);
    if (wide > 1.01) body.style.zoom = String(Math.max(0.4, 1 / wide));
    const bar = root.scrollWidth > root.clientWidth + 1 ? 16 : 0;
    frame.style.blockSize = `${Math.min(tallest, Math.ceil(root.getBoundingClientRect().height) + bar)}px`;
  };
  // In the next frame: a height that is set while heights are observed is reported as a fault of the page.
  const observer = new ResizeObserver(() => requestAnimationFrame(fit));
  observer.observe(root);
  observer.observe(frame);
  signal.addEventListener("abort", () => observer.disconnect());
  fit();
}

/** All listeners are of this page and see an event before the message could. */
function listen(page: Document, mail: MailHtml, signal: AbortSignal): void {
  const linkOf = (event: Event): Element | null => {
    const [target] = event.composedPath();
    const element = target as Partial<Element> | undefined;
    return typeof element?.closest === "function" ? (target as Element).closest("a[href]") : null;
  };
  const follow = (event: MouseEvent): void => {
    const link = linkOf(event);
    if (link === null) return;
    event.preventDefault();
    const address = link.getAttribute("href") ?? "";
    if (address.startsWith("#")) page.getElementById(address.slice(1))?.scrollIntoView();
    else if (event.button < 2) mail.link(address);
  };
  const hint = (event: Event): void => mail.hint(linkOf(event)?.getAttribute("href") ?? null);
  const options = { capture: true, signal };
  page.addEventListener("click", follow, options);
  page.addEventListener("auxclick", follow, options);
  page.addEventListener("submit", (event) => event.preventDefault(), options);
  page.addEventListener("mouseover", hint, options);
  page.addEventListener("focusin", hint, options);
  page.addEventListener("mouseout", () => mail.hint(null), options);
  page.addEventListener("focusout", () => mail.hint(null), options);
  page.addEventListener("keydown", (event) => mail.key(event), options);
}

/** Gives the pictures of the message their octets. */
async function fill(inline: ReadonlyMap<string, readonly HTMLImageElement[]>, mail: MailHtml, pictures: string[], signal: AbortSignal): Promise<void> {
  for (const [id, images] of inline) {
    const octets = await mail.picture(id).catch(() => null);
    if (signal.aborted) return;
    const type = octets === null ? null : pictureType(octets);
    if (octets === null || type === null) continue;
    const address = URL.createObjectURL(new Blob([new Uint8Array(octets)], { type }));
    pictures.push(address);
    for (const image of images) image.src = address;
  }
}
