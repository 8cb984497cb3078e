const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.addEventListener("message", ({ data }) => (globalThis.outcome = data));
worker.addEventListener("error", ({ message }) => (globalThis.outcome = `the Worker failed: ${message}`));
