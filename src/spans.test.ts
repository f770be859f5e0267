import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { OriginUnderTest } from '../test/origin/origin-under-test.ts'
import { outputSegments, windowOf } from '../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../test/origin/sample-endpoints.ts'
import { type RecordedSpan, recordSpans } from '../test/tracing/recording-tracer.ts'
import { ClientNetworks } from './http/client-networks.ts'
import type { Handler } from './http/handler.ts'
import { tracedMounts } from './http/traced-mounts.ts'
import { inOwnTrace, inSpan, isTracing, startTracing } from './spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

describe('without an SDK', () => {
  it('work is done as it is, and nobody asks for attributes', async () => {
    await startTracing()
    assert.equal(isTracing(), false)
    const attributes = () => assert.fail()
    assert.equal(await inSpan('publish', attributes, async () => 1), 1)
    assert.equal(await inOwnTrace('harvest.job', attributes, async () => 2), 2)
    const mounts = [{ prefix: '/', handle: async () => {} }]
    assert.equal(tracedMounts(mounts, new ClientNetworks()), mounts)
  })
})

describe('with an SDK', () => {
  const spans: RecordedSpan[] = []
  let forget: () => void
  before(async () => {
    forget = recordSpans((span) => spans.push(span))
    await startTracing()
  })
  after(async () => {
    forget()
    await startTracing()
  })
  afterEach(() => void spans.splice(0))

  const ofChannel = (name: string) => () => ({ 'windrow.channel': name })

  it('spans have names, attributes and parents', async () => {
    await inSpan('ingest.put', ofChannel('a'), () => inSpan('publish', ofChannel('b'), async () => {}))
    const [inner, outer] = spans
    assert.deepEqual(
      [inner?.name, inner?.attributes, inner?.parent],
      ['publish', { 'windrow.channel': 'b' }, outer?.spanId],
    )
    assert.deepEqual([outer?.name, outer?.parent, outer?.status], ['ingest.put', undefined, undefined])
  })

  it('a span that fails has the name of the error, and not its message', async () => {
    const failing = async () => {
      throw new TypeError('password is secret')
    }
    await assert.rejects(inSpan('key.fetch', ofChannel('a'), failing), /password is secret/)
    assert.equal(spans[0]?.status?.message, 'TypeError')
    assert.ok(!JSON.stringify(spans).includes('secret'))
  })

  it('a harvest job is a trace of its own, with a link', async () => {
    await inSpan('publish', ofChannel('a'), () => inOwnTrace('harvest.job', ofChannel('a'), async () => {}))
    const [job, cause] = spans
    assert.notEqual(job?.traceId, cause?.traceId)
    assert.deepEqual([job?.parent, job?.links], [undefined, [cause?.spanId]])
  })

  it('traces of trusted proxies go on, and nobody else’s', async () => {
    const proxies = new BlockList()
    proxies.addAddress('192.0.2.1', 'ipv4')
    const handle: Handler = () => inSpan('manifest', ofChannel('a'), async () => {})
    const [mount] = tracedMounts([{ prefix: '/', handle }], new ClientNetworks(proxies))
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01` }
    for (const remoteAddress of ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2']) {
      const request = { socket: { remoteAddress }, headers } as unknown as IncomingMessage
      await mount!.handle(request, ...([] as unknown as [never, never, never]))
    }
    assert.deepEqual(
      spans.map(({ traceId, parent }) => [traceId === TRACE, parent]),
      [
        [true, PARENT],
        [true, PARENT],
        [false, undefined],
      ],
    )
  })

  it('manifests and segments have spans when they are made, and none when they are cached', async () => {
    const origin = new OriginUnderTest()
    await origin.listen()
    try {
      origin.serve(hlsEndpoint(), windowOf(outputSegments(7, [{}, {}, {}])))
      for (let i = 0; i < 2; i++) {
        await origin.manifest('index_1.m3u8?secret=1')
        assert.equal((await origin.ask('index_1_8.ts')).status, 200)
      }
      const about = { 'windrow.channel': 'c'.repeat(32), 'windrow.origin_endpoint': 'sample' }
      const [manifest, segment] = spans
      assert.deepEqual(
        [manifest?.name, manifest?.attributes],
        ['manifest', { ...about, 'windrow.path': 'index_1.m3u8' }],
      )
      assert.deepEqual(
        [segment?.name, segment?.attributes],
        ['segment.make', { ...about, 'windrow.path': 'index_1_8.ts' }],
      )
      assert.equal(spans.filter(({ name }) => name === 'manifest').length, 1)
    } finally {
      await origin.close()
    }
  })
})
