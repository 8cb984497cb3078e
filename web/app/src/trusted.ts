/** The app's own Trusted Types policy: the only script that the page starts by address is its service worker. */

interface Policy {
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const allowed = (url: string): string => {
  if (url !== "./sw.js") throw new TypeError(`Not a script of this app: ${url}`);
  return url;
};

const factory = (globalThis as { readonly trustedTypes?: Factory }).trustedTypes;
const policy = factory?.createPolicy("waypost-app", { createScriptURL: allowed });

/** An address of a script of this app, as the browser wants it. Where it knows no Trusted Types, the plain address. */
export function ownScript(url: string): string {
  return policy?.createScriptURL(url) ?? allowed(url);
}
