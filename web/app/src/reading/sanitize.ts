/**
 * The only file that touches the HTML of a message.
 *
 * The frame's policy already keeps a message from running script and reaching the network; this is the second wall, and it takes
 * out what no policy stops, such as preconnect hints. The markup is parsed by the frame's own parser: the app's would drop inline
 * styles for good, because it parses under the app's policy. The result is a detached tree that never was text again.
 */
import type { Config } from "dompurify";

/** Clean content and what the reader should know of it. */
export interface CleanMail {
  /** Styles first, then the body's content. */
  readonly content: DocumentFragment;
  /** Attributes of the message's body that its look depends on. */
  readonly body: readonly (readonly [name: string, value: string])[];
  /** How many pictures and grounds would come from the network. */
  readonly remote: number;
  /** Whether the message sets colours of its own, and so needs the white ground that it was written for. */
  readonly coloured: boolean;
  /** Pictures that are parts of the message, by content id in lower case. */
  readonly inline: ReadonlyMap<string, readonly HTMLImageElement[]>;
}

/** What the sanitiser needs of a window: its parser and its node types. */
export type ParserWindow = Window & typeof globalThis;

const forbidden = [
  ["form", "input", "button", "textarea", "select", "option", "datalist", "fieldset", "label", "output", "progress", "meter"],
  ["iframe", "frame", "frameset", "object", "embed", "applet", "portal", "link", "meta", "base", "script", "noscript", "title"],
  ["template", "slot", "dialog", "marquee", "plaintext", "xmp", "video", "audio", "source", "track", "picture", "map", "area"],
].flat();

const config: Config = {
  USE_PROFILES: { html: true },
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  FORBID_TAGS: forbidden,
  FORBID_ATTR: ["ping", "formaction", "srcset", "poster", "autofocus", "tabindex", "contenteditable", "popover", "popovertarget", "accesskey", "download", "target", "usemap"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // The second half lets through what is no address at all, such as a width; relative addresses are taken out below.
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i,
};

const bodyAttributes = ["style", "bgcolor", "text", "class", "dir", "lang", "align"];
const colours = /(?:^|[\s;{"])(?:color|background(?:-color|-image)?)\s*:/i;
const fetched = /(?:url|image-set)\s*\(\s*(?:["']\s*)?(?:https?:)?\/\//gi;

const purifier = () => import("dompurify");

/** Loads what cleaning needs before it is needed: after a later build its file may be gone from the server. */
export async function prepareToClean(): Promise<void> {
  await purifier();
}

/** Cleans the HTML of a message for a frame. Without `images`, nothing in the result asks for the network. */
export async function cleanMail(html: string, frame: ParserWindow, images: boolean): Promise<CleanMail> {
  const { default: createPurifier } = await purifier();
  const root = createPurifier(frame).sanitize(html, config) as unknown as HTMLElement;
  const body = root.querySelector("body") ?? root;
  const remote = takeRemote(root, images);
  const content = frame.document.createDocumentFragment();
  content.append(...root.querySelectorAll("head style"));
  const coloured = isColoured(root);
  const inline = takeInline(body);
  content.append(...body.childNodes);
  const attributes = bodyAttributes.flatMap((name) => {
    const value = body.getAttribute(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { content, body: attributes, remote, coloured, inline };
}

/** Counts what would be fetched, and takes it out unless it may be. */
function takeRemote(root: HTMLElement, images: boolean): number {
  let count = 0;
  for (const element of root.querySelectorAll("[src], [background]")) {
    for (const name of ["src", "background"]) {
      const value = element.getAttribute(name)?.trim() ?? "";
      if (/^(?:data|cid):/i.test(value)) continue;
      if (/^(?:https?:)?\/\//i.test(value)) count += 1;
      // Without the permission the policy would stop it too; so it asks for nothing at all. Plain http is never asked for, and
      // a message has no place of its own for an address without one.
      if (!images || !/^https:/i.test(value)) element.removeAttribute(name);
    }
  }
  for (const element of root.querySelectorAll("[style]")) count += element.getAttribute("style")?.match(fetched)?.length ?? 0;
  for (const style of root.querySelectorAll("style")) count += style.textContent.match(fetched)?.length ?? 0;
  return count;
}

function isColoured(root: HTMLElement): boolean {
  if (root.querySelector("[bgcolor], [background], [text], font[color]") !== null) return true;
  const styles = [...root.querySelectorAll("style")].map((style) => style.textContent);
  const attributes = [...root.querySelectorAll("[style]")].map((element) => element.getAttribute("style") ?? "");
  return [...styles, ...attributes].some((text) => colours.test(text));
}

/** Pictures by content id; their address is taken away until the picture itself is here. */
function takeInline(body: HTMLElement): ReadonlyMap<string, readonly HTMLImageElement[]> {
  const found = new Map<string, HTMLImageElement[]>();
  for (const image of body.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    if (!/^cid:/i.test(source)) continue;
    image.removeAttribute("src");
    const id = decoded(source.slice(4)).toLowerCase();
    found.set(id, [...(found.get(id) ?? []), image]);
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const signatures: readonly (readonly [type: string, test: (octets: Uint8Array) => boolean])[] = [
  ["image/png", (octets) => starts(octets, 0x89, 0x50, 0x4e, 0x47)],
  ["image/jpeg", (octets) => starts(octets, 0xff, 0xd8, 0xff)],
  ["image/gif", (octets) => starts(octets, 0x47, 0x49, 0x46, 0x38)],
  ["image/bmp", (octets) => starts(octets, 0x42, 0x4d)],
  ["image/webp", (octets) => starts(octets, 0x52, 0x49, 0x46, 0x46) && starts(octets.subarray(8), 0x57, 0x45, 0x42, 0x50)],
  ["image/avif", (octets) => starts(octets.subarray(4), 0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69, 0x66)],
];

function starts(octets: Uint8Array, ...first: readonly number[]): boolean {
  return first.every((octet, index) => octets[index] === octet);
}

/** The type of a picture by its first octets, whatever the message calls it. Null for everything that may hold script. */
export function pictureType(octets: Uint8Array): string | null {
  return signatures.find(([, test]) => test(octets))?.[0] ?? null;
}
