/** Pictures of channels, as clients of the API get them. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { KeyFramePicture, KeyFrameRequest } from '../../src/control/control-context.ts'
import { utcMs } from '../../src/media/time.ts'
import { StoreUnavailable } from '../../src/stores/resources.ts'
import { type ControlUnderTest, call, send, signer, startControl, unsigned } from './control-under-test.ts'

const PATH = '/windrow/v1/channels/tv/key_frame'
const AT = Date.parse('2026-03-04T05:06:07.089Z')
// The body of an answer is read as JSON.
const MOVIE = Buffer.from('"a movie"')

describe('a picture of a channel', () => {
  let control: ControlUnderTest
  let found: KeyFramePicture | 'no content' | 'no picture' | 'busy' | Error
  const asked: KeyFrameRequest[] = []
  before(async () => {
    const find = async (request: KeyFrameRequest) => {
      asked.push(request)
      if (found instanceof Error) throw found
      return found
    }
    control = await startControl({ keyFrames: { find } })
    await call(control.endpoint, { method: 'POST', path: '/channels', body: '{"id":"tv"}' })
  })
  after(() => control?.close())

  const picture = (isSettled: boolean) => ({ time: utcMs(AT), movie: MOVIE, tag: 'tag', isSettled })
  const ask = (query: Record<string, string> = {}, more: { method?: string; headers?: Record<string, string> } = {}) =>
    call(control.endpoint, { method: 'GET', path: PATH, query, ...more })
  const refusal = async (query?: Record<string, string>) => {
    const { status, errorType, json } = await ask(query)
    return [status, errorType, (json as { message: string }).message]
  }

  it('says when it is shown, and for how long a browser may keep it', async () => {
    found = picture(true)
    const { status, headers, text } = await ask({ time: '2026-03-04T05:06:08Z' })
    assert.deepEqual([status, text], [200, MOVIE.toString()])
    assert.equal(headers['content-type'], 'video/mp4')
    assert.equal(headers['x-windrow-time'], '2026-03-04T05:06:07.089Z')
    assert.equal(headers['etag'], '"tag"')
    assert.equal(headers['cache-control'], 'private, max-age=86400, immutable')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['access-control-expose-headers']), /\bX-Windrow-Time\b/)
    found = picture(false)
    assert.equal((await ask()).headers['cache-control'], 'private, no-cache')
  })

  it('is told of by HEAD, and as long as it is the same, that it is', async () => {
    found = picture(false)
    const head = await ask({}, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', String(MOVIE.length)])
    const same = await ask({}, { headers: { 'if-none-match': '"tag"' } })
    assert.deepEqual([same.status, same.text, same.headers['x-windrow-time']], [304, '', '2026-03-04T05:06:07.089Z'])
    assert.equal((await ask({}, { headers: { 'if-none-match': '"other"' } })).status, 200)
  })

  it('is given for a URL that was signed, and for none that was not', async () => {
    found = picture(true)
    const { host } = new URL(control.endpoint)
    const plain = { ...unsigned(control.endpoint, { method: 'GET', path: PATH }), headers: { host } }
    const { query } = await signer().presign({ ...plain, query: { height: '360' } }, { expiresIn: 60 })
    const signed = await send(control.endpoint, { method: 'GET', path: PATH, query: query as Record<string, string> })
    assert.deepEqual([signed.status, asked.at(-1)?.height], [200, 360])
    const spoilt = { ...query, height: '720' } as Record<string, string>
    assert.equal((await send(control.endpoint, { method: 'GET', path: PATH, query: spoilt })).status, 403)
    assert.equal((await send(control.endpoint, { method: 'GET', path: PATH })).status, 403)
  })

  it('is looked for in the input that is named, or in all', async () => {
    found = picture(true)
    await ask()
    const inputs = asked.at(-1)?.inputs ?? []
    assert.equal(inputs.length, 2)
    await ask({ ingestEndpointId: inputs[1]!.ingestEndpointId, time: '1772600767.5' })
    assert.deepEqual(asked.at(-1), { inputs: [inputs[1]], time: utcMs(1_772_600_767_500) })
  })

  it('is refused by name where there is none, or too much is asked', async () => {
    found = 'no content'
    assert.deepEqual(await refusal(), [404, 'NoContentException', 'The channel "tv" has no content'])
    found = 'no picture'
    const time = '2026-03-04T05:06:08Z'
    assert.deepEqual(await refusal({ time }), [
      404,
      'NoPictureException',
      `The channel "tv" has no picture by "${time}"`,
    ])
    found = 'busy'
    assert.deepEqual((await refusal()).slice(0, 2), [429, 'TooManyRequestsException'])
    found = new StoreUnavailable('gone')
    assert.deepEqual((await refusal()).slice(0, 2), [503, 'ServiceUnavailableException'])
    const none = await call(control.endpoint, { method: 'GET', path: PATH.replace('tv', 'radio') })
    assert.deepEqual([none.status, none.errorType], [404, 'NotFoundException'])
  })

  it('is refused for what is no time, no height and no input, before anything is looked for', async () => {
    const before = asked.length
    for (const [name, value] of [
      ['time', 'yesterday'],
      ['time', '2026-02-30T00:00:00Z'],
      ['height', '0'],
      ['height', '10001'],
      ['height', '1e3'],
      ['ingestEndpointId', 'another'],
    ] as const) {
      const [status, , message] = await refusal({ [name]: value })
      assert.equal(status, 422, `${name}=${value}`)
      assert.match(String(message), new RegExp(`^${name}: `))
    }
    assert.equal(asked.length, before)
  })
})
