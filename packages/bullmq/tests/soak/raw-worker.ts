// A worker of BullMQ's own, without heddle, for comparison: `raw-worker.ts URL QUEUE`.
import { createPostgresBackend, Worker } from "bullmq";

const [url = "", queue = ""] = process.argv.slice(2);
const settings = { concurrency: 50, removeOnComplete: { age: 300 } };
const noop = async () => undefined;
const worker = url.startsWith("postgres")
  ? new Worker(
      queue,
      noop,
      { ...settings, connection: { connectionString: url, migrate: true } },
      createPostgresBackend,
    )
  : new Worker(queue, noop, { ...settings, connection: { url } });
await worker.waitUntilReady();
console.log("ready");
process.once("SIGTERM", () => void worker.close());
