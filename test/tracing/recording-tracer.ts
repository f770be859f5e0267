/** A tracer provider that records spans, registered through the API of OpenTelemetry as an SDK would be. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  type TextMapPropagator,
  type Tracer,
  trace,
} from '@opentelemetry/api'

export type RecordedSpan = {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly string[]
  readonly status?: SpanStatus | undefined
}

/** Registers the provider; `ended` is told of each span. Returns a function that takes it back. */
export function recordSpans(ended: (span: RecordedSpan) => void): () => void {
  const contexts = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => contexts.run(active, () => work.apply(self as never, args)),
    bind: (_, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    },
  })
  propagation.setGlobalPropagator(TRACE_CONTEXT)
  let ids = 0
  const startSpan = (name: string, options: SpanOptions = {}, from: Context = context.active()): Span => {
    const parent = options.root ? undefined : trace.getSpanContext(from)
    const spanId = (++ids).toString(16).padStart(16, '0')
    const traceId = parent?.traceId ?? spanId.padStart(32, '0')
    const own: SpanContext = { traceId, spanId, traceFlags: 1 }
    let status: SpanStatus | undefined
    const span: Partial<Span> = {
      spanContext: () => own,
      setStatus(given) {
        status = given
        return this as Span
      },
      isRecording: () => true,
      end() {
        const { attributes = {}, links = [] } = options
        const linked = links.map((link) => link.context.spanId)
        ended({ name, traceId, spanId, parent: parent?.spanId, attributes, links: linked, status })
      },
    }
    return span as Span
  }
  const tracer = {
    startSpan,
    startActiveSpan: (name: string, options: SpanOptions, work: (span: Span) => unknown) => {
      const span = startSpan(name, options)
      return context.with(trace.setSpan(context.active(), span), () => work(span))
    },
  } as Tracer
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  return () => {
    trace.disable()
    context.disable()
    propagation.disable()
  }
}

/** What W3C Trace Context says of a header, as far as tests send it. */
const TRACE_CONTEXT: TextMapPropagator = {
  inject() {},
  fields: () => ['traceparent'],
  extract(into, carrier, getter) {
    const header = getter.get(carrier, 'traceparent')
    const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(header)) ?? []
    if (traceId === undefined || spanId === undefined) return into
    return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
}
