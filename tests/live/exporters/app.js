// One run that succeeds and one that fails in a step, sent by an exporter of the SDK's own; the error once more as a log
// record. node app.js URL GRPC EXPORTER [gzip]
const { SpanStatusCode, trace, context } = require("@opentelemetry/api");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");
const { LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");

const [url, grpc, kind, compression = "none"] = process.argv.slice(2);
const ways = {
  json: { traces: "@opentelemetry/exporter-trace-otlp-http", logs: "@opentelemetry/exporter-logs-otlp-http" },
  protobuf: { traces: "@opentelemetry/exporter-trace-otlp-proto", logs: "@opentelemetry/exporter-logs-otlp-proto" },
  grpc: { traces: "@opentelemetry/exporter-trace-otlp-grpc" },
};
const way = ways[kind];
const { OTLPTraceExporter } = require(way.traces);
const exporter = new OTLPTraceExporter({ url: kind === "grpc" ? `http://${grpc}` : `${url}/v1/traces`, compression });
const resource = resourceFromAttributes({ "service.name": "shop", "service.version": "2.1" });
const provider = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();

function loggers() {
  if (!way.logs) return null;
  const { OTLPLogExporter } = require(way.logs);
  const sender = new OTLPLogExporter({ url: `${url}/v1/logs`, compression });
  return new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: sender })] });
}

function charge(order) {
  throw new RangeError(`card declined for order ${order}`);
}

async function main() {
  const logs = loggers();
  const tracer = trace.getTracer("shop");
  const workflow = `${kind} ${compression}`;
  tracer.startActiveSpan(`${workflow} well`, (span) => span.end());
  tracer.startActiveSpan(`${workflow} ill`, (run) => {
    tracer.startActiveSpan("charge", (step) => {
      try {
        charge(7);
      } catch (error) {
        for (const span of [step, run]) {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        }
        logs?.getLogger("shop").emit({
          severityNumber: 17,
          eventName: "exception",
          context: context.active(),
          attributes: {
            "exception.type": error.name,
            "exception.message": error.message,
            "exception.stacktrace": error.stack,
          },
        });
      }
      step.end();
    });
    run.end();
  });
  await provider.shutdown();
  await logs?.shutdown();
}

main();
