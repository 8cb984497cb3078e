/** Header, parts and structure of a message, as far as IMAP's ENVELOPE, BODYSTRUCTURE and sections need them (RFC 9051, 7.5.2). */

/** A part: a range of the message, and what is in it. */
export interface Part {
  /** Header and empty line. */
  readonly header: string;
  readonly body: string;
  readonly type: string;
  readonly subtype: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Of a multipart, or the message within a message/rfc822. */
  readonly parts: readonly Part[];
}

/** Reads a message, or a part of one. */
export function parse(text: string): Part {
  const end = text.startsWith("\r\n") ? 2 : text.indexOf("\r\n\r\n") + 4;
  const [header, body] = end < 4 && end !== 2 ? [text, ""] : [text.slice(0, end), text.slice(end)];
  const [media = "text/plain", ...rest] = (field(header, "content-type") ?? "").split(";");
  const [type = "text", subtype = "plain"] = (media.trim() || "text/plain").toLowerCase().split("/");
  const parameters = Object.fromEntries(rest.map((pair) => /^\s*([^=\s]+)\s*=\s*"?([^"]*)"?\s*$/.exec(pair)).flatMap((found) => (found ? [[(found[1] ?? "").toLowerCase(), found[2] ?? ""]] : []))) as Record<string, string>;
  return { header, body, type, subtype, parameters, parts: partsOf(type, subtype, parameters["boundary"], body) };
}

function partsOf(type: string, subtype: string, boundary: string | undefined, body: string): readonly Part[] {
  if (type === "message" && subtype === "rfc822") return [parse(body)];
  if (type !== "multipart" || boundary === undefined) return [];
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1);
  return pieces.filter((piece) => !piece.startsWith("--")).map((piece) => parse(piece.replace(/^[ \t]*\r\n/, "")));
}

/** The first field of this name (lower case), unfolded. */
export function field(header: string, name: string): string | undefined {
  const found = new RegExp(`^${name}:(.*(?:\\r\\n[ \\t].*)*)`, "im").exec(header);
  return found?.[1]?.replace(/\r\n(?=[ \t])/g, "").trim();
}

/** The fields of these names, or all others, as they stand, and an empty line. */
export function fields(header: string, names: readonly string[], others: boolean): string {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const all = header.match(/^[^\r\n:]+:.*(?:\r\n[ \t].*)*\r\n/gm) ?? [];
  return `${all.filter((one) => wanted.has(one.slice(0, one.indexOf(":")).trim().toLowerCase()) !== others).join("")}\r\n`;
}

/** A part by its section, such as 2.1; undefined where there is none. */
export function partAt(message: Part, path: readonly number[]): Part | undefined {
  let part: Part | undefined = message;
  for (const [depth, number] of path.entries()) {
    if (part?.type === "message" && depth > 0) part = part.parts[0];
    if (part === undefined) return undefined;
    // Part 1 of what has no parts is itself.
    part = part.type === "multipart" ? part.parts[number - 1] : number === 1 ? part : undefined;
  }
  return part;
}

/** As IMAP writes a text or nothing: quoted, or as a literal. */
export function nstring(text: string | undefined): string {
  if (text === undefined) return "NIL";
  return /^[\x20-\x7e]*$/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : `{${text.length}}\r\n${text}`;
}

/** ENVELOPE. */
export function envelope(header: string): string {
  const from = addresses(field(header, "from"));
  const list = (name: string): string => addresses(field(header, name));
  const orFrom = (name: string): string => (field(header, name) === undefined ? from : list(name));
  const texts = ["date", "subject"].map((name) => nstring(field(header, name)));
  const ends = ["in-reply-to", "message-id"].map((name) => nstring(field(header, name)));
  return `(${[...texts, from, orFrom("sender"), orFrom("reply-to"), list("to"), list("cc"), list("bcc"), ...ends].join(" ")})`;
}

function addresses(text: string | undefined): string {
  if (text === undefined || text === "") return "NIL";
  const each = text.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [];
  return `(${each.map((one) => address(one.trim())).join("")})`;
}

function address(text: string): string {
  const [, name = "", spec = text] = /^(.*?)\s*<([^>]*)>$/.exec(text) ?? [];
  const plain = name.replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1");
  const at = spec.lastIndexOf("@");
  const [mailbox, host] = at < 0 ? [spec, undefined] : [spec.slice(0, at), spec.slice(at + 1)];
  return `(${nstring(plain === "" ? undefined : plain)} NIL ${nstring(mailbox)} ${nstring(host)})`;
}

/** BODYSTRUCTURE, or BODY without its extensions. */
export function structure(part: Part, extended: boolean): string {
  const disposition = extended ? ` NIL ${dispositionOf(part.header)} NIL NIL` : "";
  if (part.type === "multipart") {
    const more = extended ? ` ${parameterList(part.parameters)}${disposition.slice(4)}` : "";
    return `(${part.parts.map((one) => structure(one, extended)).join("")} ${nstring(part.subtype)}${more})`;
  }
  const lines = part.body.split("\r\n").length - 1;
  const encoding = nstring(field(part.header, "content-transfer-encoding") ?? "7bit");
  const basic = [
    nstring(part.type),
    nstring(part.subtype),
    parameterList(part.parameters),
    nstring(field(part.header, "content-id")),
    nstring(field(part.header, "content-description")),
    encoding,
    String(part.body.length),
  ];
  const [within] = part.parts;
  if (part.type === "message" && within !== undefined) basic.push(envelope(within.header), structure(within, extended), String(lines));
  else if (part.type === "text") basic.push(String(lines));
  return `(${basic.join(" ")}${disposition})`;
}

function parameterList(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).flat().map(nstring);
  return pairs.length === 0 ? "NIL" : `(${pairs.join(" ")})`;
}

function dispositionOf(header: string): string {
  const [kind, ...rest] = (field(header, "content-disposition") ?? "").split(";");
  if (kind === undefined || kind.trim() === "") return "NIL";
  const pairs = rest.map((pair) => /^\s*([^=\s]+)\s*=\s*"?([^"]*)"?\s*$/.exec(pair)).flatMap((found) => (found ? [[found[1] ?? "", found[2] ?? ""]] : []));
  return `(${nstring(kind.trim())} ${parameterList(Object.fromEntries(pairs) as Record<string, string>)})`;
}
