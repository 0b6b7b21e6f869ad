/** Loaded before the gateway, with --expose-gc: answers what the soak asks for, and counts rejections that nobody handled. */
let unhandled = 0;
process.on('unhandledRejection', () => unhandled++);
process.on('message', () => {
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ heapUsed, external, rss, handles: process.getActiveResourcesInfo().length, unhandled });
});
process.channel.unref();
