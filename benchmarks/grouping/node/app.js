// The shop's jobs as OpenTelemetry spans, one for the job and one for its step: node app.js JOBS PORT VERSION
const fs = require("node:fs");
const { SpanStatusCode } = require("@opentelemetry/api");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { NodeTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-node");
const { importOrder } = require("./src/orders");
const { syncStock } = require("./src/stock");
const { settle } = require("./src/settling");
const { render } = require("./src/reports");

const [jobs, port, version] = process.argv.slice(2);
const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` });
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "shop", "service.version": version }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
provider.register();
const tracer = provider.getTracer("shop.jobs");

const STEPS = {
  import_orders: ["parse", (given) => importOrder(given.body)],
  sync_stock: ["fetch", (given) => syncStock(given.warehouse, given.sku, given.wanted, given.patience)],
  settle: ["write", (given) => settle(given.database, given.payment)],
  report: ["render", (given) => render(given.report)],
};

function traced(name, attributes, work) {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function main() {
  for (const job of JSON.parse(fs.readFileSync(jobs, "utf8"))) {
    const [step, work] = STEPS[job.workflow];
    await traced(job.workflow, { "workflow.run.id": job.run }, () => traced(step, {}, () => work(job.given))).then(
      () => console.log("succeeded", job.run),
      (error) => console.log(error.name, job.run),
    );
  }
  await provider.shutdown();
}

main();
