/**
 * The page in which message HTML is shown: its text and its headers.
 *
 * The gateway answers `/_mail-frame` with the same octets (`gateway/src`), the service worker when the gateway is gone. The page
 * holds no mail; its policy is what keeps a message from running script or reaching the network. The policy stands in it a second
 * time, for the case that something on the way drops the header. No DOM and no Worker names here: page, worker and build share it.
 */

/** Where the frame is, from the folder of the start page: the gateway may serve the app under a part of a host. */
export const framePath = "_mail-frame";

/** An answer as the worker gives it. */
export interface FrameAnswer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Read strictly: what is not listed gets the tightest policy. */
const variants: Readonly<Record<string, { readonly images: boolean; readonly scripts: boolean }>> = {
  "": { images: false, scripts: false },
  "?images=1": { images: true, scripts: false },
  "?s=1": { images: false, scripts: true },
  "?images=1&s=1": { images: true, scripts: true },
  "?s=1&images=1": { images: true, scripts: true },
};

/** The query of a frame. `scripts` is for engines whose listeners need it; the policy forbids scripts all the same. */
export function frameQuery(images: boolean, scripts: boolean): string {
  const parts = [...(images ? ["images=1"] : []), ...(scripts ? ["s=1"] : [])];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The policy as it stands in the page. */
export function framePolicy(images: boolean): string {
  const sources = images ? "blob: data: https:" : "blob: data:";
  return `default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src ${sources}; form-action 'none'; base-uri 'none'`;
}

/** The answer to a request of the frame with this query. */
export function frameAnswer(query: string): FrameAnswer {
  const { images, scripts } = variants[query] ?? { images: false, scripts: false };
  const policy = framePolicy(images);
  return {
    body: `<!doctype html><html><head><meta charset=utf-8><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name=mail-frame content=1><title></title></head><body></body></html>`,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${policy}; frame-ancestors 'self'; sandbox allow-same-origin${scripts ? " allow-scripts" : ""}`,
      "referrer-policy": "no-referrer",
      "x-dns-prefetch-control": "off",
      "x-content-type-options": "nosniff",
    },
  };
}
