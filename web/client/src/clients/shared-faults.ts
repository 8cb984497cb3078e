/** What IMAP and POP3 servers refuse or break alike, in the same words: most of it while signing in. */
import type { Catalogue } from "../faults.js";

const catalogue = {
  "server-busy": ["server", true, "HOST takes no connections at the moment. Try again later."],
  "starttls-injection": ["network", false, "Not connected: something on the way to HOST meddled with the start of TLS. Try another network."],
  "connection-lost": ["network", true, "The connection to HOST ended. Check the network and connect again."],
  timeout: ["server", true, "HOST does not answer in time. Check the server name and port PORT, or try again later."],
  "server-limit": ["server", true, "HOST sent an answer larger than this client can hold. Ask for less at once, or ask its operator."],
  "server-refused": ["server", true, "HOST refused what was asked of it. Its own words say why."],
  "cannot-send": ["caller", false, "This can't be sent to HOST as it is, or not now. Check the values, the order of the calls, and what the server offers."],
  "plaintext-refused": ["user", false, "Without TLS your password would be readable on the way to HOST, so nothing was sent. Choose `tls` with its port."],
  "auth-failed": ["user", false, "HOST refused this name and password. Check both."],
  "token-refused": ["user", true, "HOST refused this access token. Get a fresh one and sign in again."],
  "auth-unavailable": ["server", true, "HOST can't check passwords at the moment. Try again later."],
  "auth-unsupported": ["server", false, "HOST offers no way to sign in that can be used here. Ask its operator for one, such as an app password."],
  "auth-not-allowed": ["user", false, "HOST offers no way to sign in that is allowed here, so nothing was sent. Ask its operator for one."],
  "auth-unsafe": ["server", false, "HOST asks for a proof of your password that is not safe to give, so it was not given. Ask its operator."],
  "auth-broken": ["server", false, "HOST does not sign in by the rules. Ask its operator."],
  "server-unproven": ["server", false, "HOST has not proven that it knows your password, so it may be another server. Check its name, or try another network."],
  "password-unusable": ["user", false, "This name or password holds a character that can't be sent to HOST. Check both."],
} as const satisfies Catalogue<string>;

export { catalogue as sharedFaults };
