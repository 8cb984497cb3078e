/** Octets and text of one character for each, as mail protocols have them. */

/** A character for each octet. */
export function binary(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 8192) text += String.fromCharCode(...octets.subarray(at, at + 8192));
  return text;
}

/** An octet for each character. */
export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) octets[at] = text.charCodeAt(at);
  return octets;
}

/** Text of a program in UTF-8, a character for each octet. */
export function utf8(text: string): string {
  return binary(new TextEncoder().encode(text));
}

/** What a client sent as base64; undefined where it is none. */
export function unbase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
