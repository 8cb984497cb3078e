const worker = new SharedWorker(new URL("./shared.js", import.meta.url), { type: "module" });
worker.addEventListener("error", ({ message }) => (globalThis.outcome = `the SharedWorker failed: ${message}`));
worker.port.addEventListener("message", ({ data }) => (globalThis.outcome = data));
worker.port.start();
