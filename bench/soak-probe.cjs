// Loaded into the server's process by bench/soak.mjs: says now and then, over IPC, what the process takes. Needs --expose-gc.
const { monitorEventLoopDelay } = require("node:perf_hooks");

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on("message", () => {
  const [mean, p99] = [delay.mean, delay.percentile(99)].map(nanoseconds => nanoseconds / 1e6);
  delay.reset();
  // What is left after it is what somebody holds.
  global.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external, mean, p99, handles: process.getActiveResourcesInfo().length });
});
// The channel alone must not keep a server from ending.
process.channel.unref();
