const { serviceWorker } = navigator;
serviceWorker.addEventListener("message", ({ data }) => (globalThis.outcome = data));
serviceWorker.startMessages();
serviceWorker.register(new URL("./service.js", import.meta.url), { type: "module" }).then(
  ({ installing, waiting, active }) => (installing ?? waiting ?? active).postMessage("probe"),
  (error) => (globalThis.outcome = `the ServiceWorker failed: ${error}`),
);
