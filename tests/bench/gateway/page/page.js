// What the benchmark calls in a browser: a Worker receives, as the package's does.
globalThis.receive = (task) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("/receiver.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error === undefined) resolve(data);
      else reject(new Error(data.error));
    };
    worker.onerror = () => reject(new Error("the receiver ended"));
    worker.postMessage(task);
  });
