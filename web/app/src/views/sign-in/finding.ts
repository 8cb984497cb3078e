/** Asks the gateway for the mail servers of an address's domain (docs/openapi.yaml, `/api/discover`). */
import { isObject } from "../../access.svelte";
import type { Found } from "./model";

/**
 * The servers that it found, the best first; null if it does not answer. What it proposes can be written by hand too, so that a failure
 * is no fault to be shown. `token`: the gateway's access token, empty if there is none.
 */
export async function find(domain: string, address: string, token: string, signal: AbortSignal): Promise<readonly Found[] | null> {
  try {
    const answer = await fetch("./api/discover", {
      method: "POST",
      headers: { "content-type": "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ domain, address }),
      credentials: "same-origin",
      signal,
    });
    if (!answer.ok) return null;
    const found: unknown = await answer.json();
    const options = isObject(found) && Array.isArray(found["options"]) ? (found["options"] as readonly unknown[]) : [];
    return options.filter(isFound);
  } catch (error) {
    if (!signal.aborted) console.warn("The gateway was not asked for settings; they can be written by hand.", error);
    return null;
  }
}

function isFound(value: unknown): value is Found {
  if (!isObject(value)) return false;
  const { protocol, host, port, tls, username, username_pattern: pattern, confirm, allowed } = value;
  return (
    (protocol === "imap" || protocol === "pop3" || protocol === "smtp") &&
    typeof host === "string" &&
    typeof port === "number" &&
    (tls === "implicit" || tls === "starttls") &&
    (username === "address" || username === "localpart" || (username === "pattern" && typeof pattern === "string")) &&
    typeof confirm === "boolean" &&
    typeof allowed === "boolean"
  );
}
