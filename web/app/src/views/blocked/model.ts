/** What is said where the app cannot run. */

export interface Sentences {
  readonly title: string;
  readonly text: readonly string[];
}

/** An address without TLS, where the browser gives no storage locks, no cryptography and no service worker. */
export function secureSentences(host: string): Sentences {
  return {
    title: "This address needs https",
    text: [
      `Over plain http the browser gives this page neither safe storage nor cryptography, and anyone on the network could read along. So there is no sign-in at http://${host}.`,
      "Open Waypost by an https address: whoever runs it can put a reverse proxy with a certificate in front of the gateway. On the machine itself, http://localhost works too.",
    ],
  };
}
