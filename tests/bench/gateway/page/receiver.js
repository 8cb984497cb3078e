// Receives so many octets over a WebSocket and tells how long it took: as plain messages, or through a tunnel (docs/TUNNEL.md).

/** An order to the mail server (tests/bench/src/gateway/mail.rs): send `total` octets in writes of 64 KiB. */
function order(total) {
  const view = new DataView(new ArrayBuffer(13));
  view.setUint8(0, "d".charCodeAt(0));
  view.setUint32(1, 64 * 1024);
  view.setBigUint64(5, BigInt(total));
  return view.buffer;
}

/** A plain server sends when it is told how much. */
function plain(socket, total, done) {
  let left = total;
  let start = 0;
  socket.onopen = () => {
    start = performance.now();
    socket.send(String(total));
  };
  socket.onmessage = ({ data }) => {
    left -= data.byteLength;
    if (left <= 0) done(left, performance.now() - start);
  };
}

/** A gateway opens a tunnel, the mail server greets with one octet, and then the order goes out. */
function tunnel(socket, total, { port, credit }, done, fail) {
  let left = total + 1;
  let taken = 0;
  let start = 0;
  const say = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => say({ type: "open", host: "127.0.0.1", port, tls: "none", credit });
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      if (!["opened", "credit"].includes(JSON.parse(data).type)) fail(data);
      return;
    }
    if (left === total + 1) {
      start = performance.now();
      socket.send(order(total));
    }
    left -= data.byteLength;
    taken += data.byteLength;
    if (taken >= credit / 2) {
      say({ type: "credit", bytes: taken });
      taken = 0;
    }
    if (left <= 0) done(left, performance.now() - start);
  };
}

onmessage = ({ data: { url, total, port, credit } }) => {
  const socket = new WebSocket(url, port === undefined ? [] : ["waypost.v1"]);
  socket.binaryType = "arraybuffer";
  const fail = (error) => postMessage({ error });
  const done = (left, ms) => {
    socket.onclose = null;
    socket.close();
    postMessage(left === 0 ? { ms } : { error: `${-left} octets too many` });
  };
  socket.onclose = ({ code, reason }) => fail(`the WebSocket closed: ${code} ${reason}`);
  if (port === undefined) plain(socket, total, done);
  else tunnel(socket, total, { port, credit }, done, fail);
};
