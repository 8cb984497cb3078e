/** Asks the gateway for the mail servers of an address's domain (docs/openapi.yaml, `/api/discover`). */
import type { Found } from "./model";

/**
 * The servers that it found, the best first; none if it found nothing or does not look. What it proposes can be written by hand too,
 * so that a failure is no fault to be shown.
 */
export async function find(domain: string, address: string, signal: AbortSignal): Promise<readonly Found[]> {
  try {
    const answer = await fetch("./api/discover", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ domain, address }),
      credentials: "same-origin",
      signal,
    });
    if (!answer.ok) return [];
    const found: unknown = await answer.json();
    const options = isObject(found) && Array.isArray(found["options"]) ? (found["options"] as readonly unknown[]) : [];
    return options.filter(isFound);
  } catch (error) {
    if (!signal.aborted) console.warn("The gateway was not asked for settings; they can be written by hand.", error);
    return [];
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
