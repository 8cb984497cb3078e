import { send, storedRows } from "./race.mjs";

const rows = { 50: storedRows(50), 1000: storedRows(1000) };
const serve = (port) => ({ way, count }) => {
  const begin = performance.now();
  const [message, transfer] = send[way](rows[count]);
  port.postMessage({ message, worked: performance.now() - begin }, transfer);
};
if (typeof self === "undefined") {
  const { parentPort } = await import("node:worker_threads");
  parentPort.on("message", serve(parentPort));
} else {
  const hear = serve(self);
  self.onmessage = ({ data }) => hear(data);
}
