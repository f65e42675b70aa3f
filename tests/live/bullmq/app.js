// A small BullMQ app: one job that succeeds, one that fails at its last try. node app.js PORT QUEUE
const { NodeTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { Queue, QueueEvents, Worker } = require("bullmq");
const { BullMQOtel } = require("bullmq-otel");

const [port, name] = process.argv.slice(2);
const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();

const connection = { host: "127.0.0.1", port: 6379 };
const telemetry = new BullMQOtel("shop");

async function work(job) {
  if (job.name === "charge") throw new Error(`card declined for order ${job.data.order}`);
  if (job.name === "fetch" && job.attemptsMade < 1) throw new Error("upstream gave 503");
  return job.data.order;
}

async function main() {
  const queue = new Queue(name, { connection, telemetry });
  const events = new QueueEvents(name, { connection });
  const worker = new Worker(name, work, { connection, telemetry });
  await events.waitUntilReady();
  for (const [kind, options] of [["welcome", {}], ["charge", { attempts: 3, backoff: 20 }], ["fetch", { attempts: 2 }]]) {
    const job = await queue.add(kind, { order: 7 }, options);
    const ended = await job.waitUntilFinished(events).then(() => "completed", () => "failed");
    console.log(kind, job.id, ended);
  }
  await worker.close();
  await queue.obliterate({ force: true });
  await events.close();
  await queue.close();
  await provider.shutdown();
}

main();
