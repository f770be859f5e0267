import { SPANS } from '../src/spans.ts'

/** The text of docs/tracing.md. */
export function tracingPage(): string {
  const rows = Object.entries(SPANS).map(([name, { attributes, says }]) => {
    return `| \`${name}\` | ${says} | ${attributes.map((each) => `\`${each}\``).join(', ')} |`
  })
  return `# Tracing

<!-- Written by \`npm run docs\` from src/spans.ts. -->

Windrow makes spans by the API of OpenTelemetry (\`@opentelemetry/api\`), and brings no SDK: as long as you register
none, a span costs one branch (15 ns, measured). Which SDK, exporter and sampling there are is yours to say.

## Spans

| span | what it covers | attributes |
| --- | --- | --- |
${rows.join('\n')}

Each has \`windrow.channel\` too, the GUID of the channel. \`windrow.origin_endpoint\` and \`windrow.harvest_job\` are
ids, \`windrow.ingest_endpoint\` is the one in ingest URLs, and \`windrow.path\` is below the endpoint's GUID. Nothing
secret is an attribute: no passwords, keys, tokens, queries or headers. A span that fails has the status \`ERROR\`,
with the name of the error instead of its message.

What is answered from a cache makes no span. A manifest or a segment that several requests wait for is made once, in
the trace of the first. A harvest job, which goes on for longer than the request that created it, is a trace of its
own.

## Traces from outside

The headers \`traceparent\` and \`tracestate\` of a request are honoured if it comes from one of \`trusted-proxies\`,
and ignored otherwise: strangers could make your collector record as much as they like. Your SDK needs a propagator,
as below; by a \`ParentBasedSampler\`, your proxy then decides what is sampled of its requests. Do not add
\`@opentelemetry/instrumentation-http\` for
incoming requests without \`disableIncomingRequestInstrumentation\`: it takes those headers from everybody.
\`X-Request-Id\` in responses, and \`requestId\` in the log, stay as they are.

## A recipe

In a folder of its own, for instance \`/opt/windrow-tracing\`:

\`\`\`sh
npm install --save-exact @opentelemetry/api@1.10.0 @opentelemetry/context-async-hooks@3.1.0 @opentelemetry/core@3.1.0 \\
  @opentelemetry/exporter-trace-otlp-http@0.301.0 @opentelemetry/resources@3.1.0 @opentelemetry/sdk-trace@3.1.0
\`\`\`

and \`/opt/windrow-tracing/tracing.mjs\`:

\`\`\`js
import { isMainThread } from 'node:worker_threads'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'

// NODE_OPTIONS holds for the server's threads too, which make no spans.
if (isMainThread) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'windrow' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }),
    // OTEL_EXPORTER_OTLP_ENDPOINT says where to; otherwise http://localhost:4318.
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  trace.setGlobalTracerProvider(provider)
}
\`\`\`

Then start the server with it:

\`\`\`sh
NODE_OPTIONS="--import file:///opt/windrow-tracing/tracing.mjs" windrow serve
\`\`\`

These versions were tried together, against a receiver of OTLP over HTTP. \`@opentelemetry/sdk-trace-node\` 2.12 is not for
the API 1.10 that Windrow has; npm refuses the two together. The SDK must be registered when the server starts: one that
is registered later is not noticed. Spans that wait in a batch when the process ends are lost.
`
}
