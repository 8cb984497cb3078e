import { wrongArgument } from "./errors.js";

/** The address of a gateway's tunnel as a WebSocket wants it. `page`: what it is relative to, where there is a page. */
export function gatewayAddress(given: string | URL, page?: string): string {
  try {
    const url = new URL(given, page);
    url.protocol = { "http:": "ws:", "https:": "wss:" }[url.protocol] ?? url.protocol;
    url.hash = "";
    if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  } catch {
    // It is no address at all: the sentence below says so as well.
  }
  throw wrongArgument("The gateway is named by an address such as wss://mail.example/tunnel.");
}
