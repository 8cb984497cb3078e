import { said } from "./said.js";

addEventListener("connect", ({ ports: [port] }) => void said().then((outcome) => port.postMessage(outcome)));
