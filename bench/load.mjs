// Load on one server: connections that each send the next request when the answer to the last has come. Our own, since the load runs
// on the machine that it measures: requests are made beforehand, and an answer is counted, not read (bench/README.md has the figures).
import net from "node:net";
import { performance } from "node:perf_hooks";

const headersEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

/** A POST of a JSON body as the bytes that go out. */
export function encodeRequest(path, body) {
  const json = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: application/json",
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${json}`);
}

/** Bytes: learngraph tells the state of a budget with each answer, in numbers of one digit or several. */
const slack = 20;

/**
 * Sends `requests` around until `seconds` have passed or `total` answers have come.
 * @param lengths of the bodies that are right, request for request. An answer of another length (within `slack`) or status rejects.
 * @returns { requestsPerSecond, p50, p99 }: latencies in milliseconds.
 */
export function load({ port, requests, lengths, connections, seconds = Infinity, total = Infinity }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const deadline = started + seconds * 1000;
    const latencies = [];
    const sockets = [];
    let [sent, open, finished] = [0, connections, 0];
    for (let i = 0; i < connections; i++) connect();

    function connect() {
      const socket = net.connect({
        port,
        host: "127.0.0.1",
        noDelay: true,
        // One buffer for a connection, instead of a new one for whatever comes.
        onread: { buffer: Buffer.alloc(65_536), callback: receive },
      });
      sockets.push(socket);
      let [index, sentAt, done] = [0, 0, false];
      const read = answerReader((status, length) => {
        const now = performance.now();
        if (status !== 200) return fail(new Error(`The answer's status is ${status}.`));
        if (Math.abs(length - lengths[index]) > slack)
          return fail(new Error(`An answer has ${length} bytes instead of ${lengths[index]}.`));
        latencies.push(now - sentAt);
        finished = now;
        if (now < deadline && sent < total) return send();
        done = true;
        socket.end();
        if (--open === 0) resolve(measured());
      });
      socket.on("connect", send);
      socket.on("error", fail);
      socket.on("close", () => {
        if (!done) fail(new Error("The server closed a connection."));
      });

      function receive(size, buffer) {
        try {
          read(buffer.subarray(0, size));
        } catch (error) {
          fail(error);
        }
        return true;
      }

      function send() {
        index = sent++ % requests.length;
        sentAt = performance.now();
        socket.write(requests[index]);
      }
    }

    function fail(error) {
      for (const socket of sockets) socket.destroy();
      reject(error);
    }

    function measured() {
      const sorted = Float64Array.from(latencies).sort();
      const quantile = share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
      return {
        requestsPerSecond: sorted.length / ((finished - started) / 1000),
        p50: quantile(0.5),
        p99: quantile(0.99),
      };
    }
  });
}

/** Tells the status and the length of the body of each answer in a stream of pieces, with content-length or chunked. A piece is not kept. */
function answerReader(onAnswer) {
  const nothing = Buffer.alloc(0);
  let buffer = nothing;
  let answer = null;
  return piece => {
    buffer = buffer.length === 0 ? piece : Buffer.concat([buffer, piece]);
    readAnswers();
    if (buffer.length > 0) buffer = Buffer.from(buffer);
  };

  function readAnswers() {
    while (buffer.length > 0) {
      if (!answer) {
        const end = buffer.indexOf(headersEnd);
        if (end < 0) return;
        answer = readHead(buffer.latin1Slice(0, end));
        buffer = buffer.subarray(end + headersEnd.length);
      }
      if (answer.isChunked ? !takeChunks() : !takeBody()) return;
      const { status, length } = answer;
      answer = null;
      onAnswer(status, length);
    }
  }

  function takeBody() {
    if (buffer.length < answer.remaining) {
      answer.remaining -= buffer.length;
      buffer = nothing;
      return false;
    }
    buffer = buffer.subarray(answer.remaining);
    return true;
  }

  function takeChunks() {
    for (;;) {
      const end = buffer.indexOf(lineEnd);
      if (end < 0) return false;
      const size = Number.parseInt(buffer.latin1Slice(0, end), 16);
      const next = end + lineEnd.length + size + lineEnd.length;
      if (buffer.length < next) return false;
      buffer = buffer.subarray(next);
      if (size === 0) return true;
      answer.length += size;
    }
  }
}

function readHead(head) {
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
  const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head);
  if (Number.isNaN(length) && !isChunked) throw new Error("An answer says nothing of its length.");
  return {
    status: Number(head.slice(9, 12)),
    isChunked,
    length: isChunked ? 0 : length,
    remaining: isChunked ? 0 : length,
  };
}
