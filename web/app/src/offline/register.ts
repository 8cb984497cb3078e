/** Registers the service worker. The app works without it, so a refusal is no fault to show. */
import { ownScript } from "../trusted";

export function registerWorker(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.register(ownScript("./sw.js"), { updateViaCache: "none" }).catch((error: unknown) => {
    console.warn("The service worker was not registered; the app starts only with the gateway reachable.", error);
  });
}
