import type { Attributes, Span, SpanOptions, Tracer } from '@opentelemetry/api'

/**
 * Every span, with its attributes beside `windrow.channel`, which each has: the GUID of the channel. Names are stable.
 * No attribute is secret.
 */
export const SPANS = {
  'ingest.put': {
    attributes: ['windrow.ingest_endpoint', 'windrow.file'],
    says: 'An encoder that is authenticated puts a segment or a playlist, until that is durable.',
  },
  publish: {
    attributes: ['windrow.segment'],
    says: 'Output segments become visible: the commit of the index. `windrow.segment` is the number of the newest.',
  },
  manifest: {
    attributes: ['windrow.origin_endpoint', 'windrow.path'],
    says: 'A manifest is written that is not in the cache.',
  },
  'segment.make': {
    attributes: ['windrow.origin_endpoint', 'windrow.path'],
    says: 'A segment or header is found, and made where it is no source segment. The number is in `windrow.path`.',
  },
  'harvest.job': {
    attributes: ['windrow.origin_endpoint', 'windrow.harvest_job', 'windrow.attempt'],
    says: 'An attempt at a harvest job: a trace of its own, with a link to what it was taken up for.',
  },
  'key.fetch': {
    attributes: ['windrow.origin_endpoint', 'windrow.key_period'],
    says: 'A key provider is asked for the content keys of a key period.',
  },
} as const satisfies Readonly<Record<string, { readonly attributes: readonly string[]; readonly says: string }>>

export type SpanName = keyof typeof SPANS
type AttributesOf<Name extends SpanName> = Readonly<
  Partial<Record<(typeof SPANS)[Name]['attributes'][number], string | number>>
> & { readonly 'windrow.channel': string }

type Api = typeof import('@opentelemetry/api')

/** What every copy of the API in a process registers with, so that they are one. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/** The API; undefined where nothing was registered with it, and traces of others do not go on here. */
let api: Api | undefined
/** The tracer of an SDK that was registered; undefined where there is none, and spans are not made. */
let tracer: Tracer | undefined

/** Makes spans from now on, if an SDK of OpenTelemetry has been registered in this process (`node --import`). */
export async function startTracing(): Promise<void> {
  // Few servers have one, and the API would be a tenth of all files that they load.
  api = REGISTERED in globalThis ? await import('@opentelemetry/api') : undefined
  tracer = api && tracerOf(api)
}

function tracerOf({ ProxyTracerProvider, trace }: Api): Tracer | undefined {
  const provider = trace.getTracerProvider()
  const isNone =
    provider instanceof ProxyTracerProvider && provider.getDelegate() === new ProxyTracerProvider().getDelegate()
  return isNone ? undefined : trace.getTracer('windrow')
}

export function isTracing(): boolean {
  return tracer !== undefined
}

/** Does the work in a span, where spans are made; `attributes` is called only then. */
export function inSpan<Name extends SpanName, T>(
  name: Name,
  attributes: () => AttributesOf<Name>,
  work: () => Promise<T>,
): Promise<T> {
  if (!api || !tracer) return work()
  return traced({ api, tracer }, name, { attributes: attributes() as Attributes }, work)
}

/** As `inSpan`, in a trace of its own, since the work goes on when what it was begun for has ended: that is linked. */
export function inOwnTrace<Name extends SpanName, T>(
  name: Name,
  attributes: () => AttributesOf<Name>,
  work: () => Promise<T>,
): Promise<T> {
  if (!api || !tracer) return work()
  const cause = api.trace.getActiveSpan()?.spanContext()
  const options = { root: true, attributes: attributes() as Attributes, links: cause ? [{ context: cause }] : [] }
  return traced({ api, tracer }, name, options, work)
}

/** Does the work as a part of the trace that headers of a trusted client name. */
export function inTraceOf<T>(headers: Readonly<Record<string, unknown>>, work: () => T): T {
  if (!api) return work()
  const { context, propagation } = api
  return context.with(propagation.extract(context.active(), headers), work)
}

type Making = { readonly api: Api; readonly tracer: Tracer }

function traced<T>({ api, tracer }: Making, name: SpanName, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, options, async (span: Span) => {
    try {
      return await work()
    } catch (error) {
      // Not its message, which may quote what clients and servers have sent.
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  })
}
