/** What IMAP and POP3 servers refuse or break alike, in the same words: most of it while signing in. */
import type { ErrorShape } from "../types.js";

const catalogue = {
  "server-busy": { blame: "server", retryable: true, message: "HOST takes no connections at the moment. Try again later." },
  "starttls-injection": {
    blame: "network",
    retryable: false,
    message: "Not connected: something on the way to HOST meddled with the start of TLS. Try another network.",
  },
  "connection-lost": { blame: "network", retryable: true, message: "The connection to HOST ended. Check the network, and connect again." },
  timeout: { blame: "server", retryable: true, message: "HOST does not answer in time. Check the server name and port PORT, or try again later." },
  "auth-failed": { blame: "user", retryable: false, message: "HOST refused this name and password. Check both." },
  "token-refused": { blame: "user", retryable: true, message: "HOST refused this access token. Get a fresh one, and sign in again." },
  "auth-unavailable": { blame: "server", retryable: true, message: "HOST can't check passwords at the moment. Try again later." },
  "auth-unsupported": { blame: "server", retryable: false, message: "HOST offers no way to sign in that can be used here. Ask its operator for one, such as an app password." },
  "auth-not-allowed": { blame: "user", retryable: false, message: "None of the ways by which HOST lets you sign in is allowed, so nothing was sent. Ask its operator for another." },
  "auth-unsafe": { blame: "server", retryable: false, message: "HOST asks for a proof of your password that is not safe to give, so it was not given. Ask its operator." },
  "auth-broken": { blame: "server", retryable: false, message: "HOST does not sign in by the rules. Ask its operator." },
  "server-unproven": {
    blame: "server",
    retryable: false,
    message: "HOST has not proven that it knows your password, so it may be another server. Check its name, or try another network.",
  },
  "password-unusable": { blame: "user", retryable: false, message: "This name or password holds a character that can't be sent to HOST. Check both." },
} as const satisfies Record<string, Pick<ErrorShape, "blame" | "retryable" | "message">>;

export { catalogue as sharedFaults };
