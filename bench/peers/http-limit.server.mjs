// The limit that HTTP in Node sets: bare node:http that reads the request and answers with one stored response of the question's size.
// The question is the path; STORED_RESPONSES is a file with a response for each, by its path.
import { readFileSync } from "node:fs";
import http from "node:http";

const stored = JSON.parse(readFileSync(process.env.STORED_RESPONSES, "utf8"));
const responses = new Map(Object.entries(stored).map(([path, text]) => [path, Buffer.from(text)]));

http
  .createServer((request, response) => {
    const chunks = [];
    request.on("data", chunk => chunks.push(chunk));
    request.on("end", () => {
      JSON.parse(Buffer.concat(chunks).toString());
      response.setHeader("content-type", "application/json");
      response.end(responses.get(request.url));
    });
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
