import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import {
  ACCOUNT_ID,
  type ControlUnderTest,
  CREDENTIALS,
  call,
  type RawRequest,
  REGION,
  send,
  signer,
  startControl,
  unsigned,
} from './control-under-test.ts'

const NOW = Date.parse('2026-03-04T05:06:07Z')
const LIST: RawRequest = { method: 'GET', path: '/channels' }
const CREATE: RawRequest = { method: 'POST', path: '/channels', body: '{"id":"signed"}' }

describe('a signed request', () => {
  let control: ControlUnderTest

  before(async () => {
    control = await startControl({ now: () => NOW })
  })
  after(() => control.close())

  async function signed(raw: RawRequest, at = NOW) {
    const { headers } = await signer().sign(unsigned(control.endpoint, raw), { signingDate: new Date(at) })
    return headers
  }

  async function presigned(raw: RawRequest, options: { at?: number; expiresIn?: number } = {}) {
    const { query, headers } = await signer().presign(
      { ...unsigned(control.endpoint, raw), headers: { host: new URL(control.endpoint).host, ...raw.headers } },
      { signingDate: new Date(options.at ?? NOW), expiresIn: options.expiresIn ?? 60 },
    )
    const { 'X-Amz-Signature': signature = '', ...rest } = query as Record<string, string>
    return { raw: { ...raw, headers }, query: rest, signature }
  }

  async function refused(raw: RawRequest, errorType: string, message: RegExp) {
    const answer = await send(control.endpoint, raw)
    assert.equal(answer.status, 403, answer.text)
    assert.equal(answer.errorType, errorType)
    assert.match((answer.json as { message: string }).message, message)
  }

  it('is taken, whatever the query and path have to escape', async () => {
    const arn = encodeURIComponent(`arn:aws:mediapackage:${REGION}:${ACCOUNT_ID}:channels/${'a'.repeat(32)}`)
    const query = { tagKeys: ['b c', 'a+b', 'é', '*~', 'a', 'a'] }
    const answer = await call(control.endpoint, { method: 'DELETE', path: `/tags/${arn}`, query }, new Date(NOW))
    assert.equal(answer.errorType, 'NotFoundException')
    const described = await call(control.endpoint, { method: 'GET', path: '/channels/caf%C3%A9%2F1' }, new Date(NOW))
    assert.equal((described.json as { message: string }).message, 'There is no channel with the id "café/1"')
  })

  it('is taken 15 minutes early or late, and no later', async () => {
    const minutes = (count: number) => NOW + count * 60_000
    for (const at of [minutes(-15), minutes(15)]) {
      assert.equal((await call(control.endpoint, LIST, new Date(at))).status, 200)
    }
    const late = await signed(LIST, minutes(-15) - 1000)
    await refused({ ...LIST, headers: late }, 'InvalidSignatureException', /expired/)
    const early = await signed(LIST, minutes(15) + 1000)
    await refused({ ...LIST, headers: early }, 'InvalidSignatureException', /not yet current/)
  })

  it('is refused without a signature', async () => {
    await refused(LIST, 'MissingAuthenticationTokenException', /not signed/)
    await refused({ ...LIST, headers: { authorization: 'Bearer abc' } }, 'IncompleteSignatureException', /must be AWS4/)
  })

  it('is refused with a key id or secret that is not ours', async () => {
    const strangers = [
      [{ ...CREDENTIALS, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
      [{ ...CREDENTIALS, accessKeyId: 'AKIDOTHER' }, 'UnrecognizedClientException'],
    ] as const
    for (const [credentials, errorType] of strangers) {
      const request = unsigned(control.endpoint, LIST)
      const { headers } = await signer(credentials).sign(request, { signingDate: new Date(NOW) })
      await refused({ ...LIST, headers }, errorType, /./)
    }
  })

  it('is refused with the scope of another region or service', async () => {
    for (const [region, service] of [
      ['us-east-1', 'mediapackage'],
      [REGION, 's3'],
    ]) {
      const request = unsigned(control.endpoint, LIST)
      const { headers } = await signer(CREDENTIALS, region, service).sign(request, { signingDate: new Date(NOW) })
      await refused({ ...LIST, headers }, 'InvalidSignatureException', /should be scoped to 20260304\/eu-central-1/)
    }
  })

  it('is refused when anything signed was changed', async () => {
    const headers = await signed({ ...CREATE, query: { a: '1' } })
    const original = { ...CREATE, query: { a: '1' }, headers }
    const changes: Partial<RawRequest>[] = [
      { method: 'PUT', path: '/channels/signed' },
      { path: '/origin_endpoints' },
      { query: { a: '2' } },
      { query: { a: ['1', '1'] } },
      { headers: { ...headers, 'content-type': 'text/plain' } },
      { headers: { ...headers, host: 'elsewhere.example.com' } },
      { headers: { ...headers, 'x-amz-date': '20260304T050608Z' } },
    ]
    for (const change of changes) {
      await refused({ ...original, ...change }, 'InvalidSignatureException', /signature does not match/)
    }
  })

  it('is refused with another body, whether or not its hash travels along', async () => {
    const headers = await signed(CREATE)
    assert.ok(headers['x-amz-content-sha256'], 'the signer declares the hash')
    await refused(
      { ...CREATE, headers, body: '{"id":"forged"}' },
      'InvalidSignatureException',
      /body differs from the one/,
    )
    // A true hash of the forged body does not help: the header is signed.
    const hash = createHash('sha256').update('{"id":"forged"}').digest('hex')
    const forged = { ...CREATE, body: '{"id":"forged"}', headers: { ...headers, 'x-amz-content-sha256': hash } }
    await refused(forged, 'InvalidSignatureException', /signature does not match/)
    const quiet = await signer().sign(unsigned(control.endpoint, CREATE), {
      signingDate: new Date(NOW),
      unsignableHeaders: new Set(['x-amz-content-sha256']),
    })
    const { 'x-amz-content-sha256': _, ...without } = quiet.headers
    const answer = await send(control.endpoint, { ...CREATE, headers: without })
    assert.equal(answer.status, 200, 'botocore signs like this')
    await refused({ ...CREATE, headers: without, body: '{}' }, 'InvalidSignatureException', /signature does not match/)
  })

  it('is refused when host or date is not signed, or a signed header is not there', async () => {
    const headers = await signed(LIST)
    const withSigned = (names: string) => ({
      ...headers,
      authorization: (headers['authorization'] ?? '').replace(/SignedHeaders=[^,]+/, `SignedHeaders=${names}`),
    })
    await refused({ ...LIST, headers: withSigned('x-amz-date') }, 'IncompleteSignatureException', /host must be signed/)
    await refused(
      { ...LIST, headers: withSigned('host') },
      'IncompleteSignatureException',
      /x-amz-date must be present/,
    )
    const absent = withSigned('constructor;host;x-amz-date')
    await refused({ ...LIST, headers: absent }, 'IncompleteSignatureException', /constructor is missing/)
  })

  it('is refused when its body is declared unsigned', async () => {
    const raw = { ...CREATE, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }
    const headers = await signed(raw)
    await refused({ ...CREATE, headers }, 'IncompleteSignatureException', /body must be signed/)
  })

  it('may be presigned', async () => {
    const { raw, query, signature } = await presigned({ ...LIST, query: { maxResults: '1' } }, { expiresIn: 120 })
    assert.equal(
      (await send(control.endpoint, { ...raw, query: { ...query, 'X-Amz-Signature': signature } })).status,
      200,
    )
    const tampered = { ...raw, query: { ...query, maxResults: '2', 'X-Amz-Signature': signature } }
    await refused(tampered, 'InvalidSignatureException', /signature does not match/)
    const longer = { ...raw, query: { ...query, 'X-Amz-Expires': '604800', 'X-Amz-Signature': signature } }
    await refused(longer, 'InvalidSignatureException', /signature does not match/)
    const twice = { ...raw, query: { ...query, 'X-Amz-Signature': [signature, signature] } }
    await refused(twice, 'IncompleteSignatureException', /X-Amz-Signature must be given only once/)
    const { 'X-Amz-Expires': _, ...endless } = query
    await refused(
      { ...raw, query: { ...endless, 'X-Amz-Signature': signature } },
      'IncompleteSignatureException',
      /X-Amz-Expires is missing/,
    )
  })

  it('may be presigned for as long as it says', async () => {
    for (const [ageSeconds, status] of [
      [3600, 200],
      [3601, 403],
      [-901, 403],
    ] as const) {
      const { raw, query, signature } = await presigned(LIST, { at: NOW - ageSeconds * 1000, expiresIn: 3600 })
      const answer = await send(control.endpoint, { ...raw, query: { ...query, 'X-Amz-Signature': signature } })
      assert.equal(answer.status, status, `${ageSeconds} s old`)
    }
  })

  it('may be presigned with its body, or without when it says so', async () => {
    const body = '{"id":"presigned"}'
    const strict = await presigned({ ...CREATE, body })
    const tampered = {
      ...strict.raw,
      body: '{"id":"forged"}',
      query: { ...strict.query, 'X-Amz-Signature': strict.signature },
    }
    await refused(tampered, 'InvalidSignatureException', /signature does not match/)
    assert.equal((await send(control.endpoint, { ...tampered, body })).status, 200)
    const open = await presigned({ ...CREATE, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
    assert.equal(open.query['x-amz-content-sha256'] ?? open.query['X-Amz-Content-Sha256'], 'UNSIGNED-PAYLOAD')
    const answer = await send(control.endpoint, {
      ...open.raw,
      body: '{"id":"open"}',
      query: { ...open.query, 'X-Amz-Signature': open.signature },
    })
    assert.equal(answer.status, 200, answer.text)
  })

  it('is refused when it is signed twice', async () => {
    const { raw, query, signature } = await presigned(LIST)
    const both = { ...raw, headers: { ...raw.headers, ...(await signed(LIST)) } }
    const request = { ...both, query: { ...query, 'X-Amz-Signature': signature } }
    await refused(request, 'IncompleteSignatureException', /more than once/)
  })

  it('is refused, and never a fault of ours, whatever stands where the signature should', async () => {
    const { authorization = '', ...headers } = await signed(LIST)
    const bitten = (text: string) =>
      fc
        .tuple(fc.nat(text.length), fc.nat(20), fc.constantFrom('', '/', '=', ',', ';', '%00', '%', 'é', '__proto__'))
        .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length))
    const { query, signature } = await presigned(LIST)
    const search = new URLSearchParams({ ...query, 'X-Amz-Signature': signature }).toString()
    await fc.assert(
      fc.asyncProperty(fc.boolean(), bitten(authorization), bitten(search), async (inHeader, header, damaged) => {
        const raw = inHeader
          ? { ...LIST, headers: { ...headers, authorization: header } }
          : { ...LIST, path: `/channels?${damaged.replaceAll('é', '%E9')}` }
        const answer = await send(control.endpoint, raw)
        const sound = inHeader ? header.replaceAll(' ', '') === authorization.replaceAll(' ', '') : damaged === search
        assert.ok(answer.status === (sound ? 200 : 403), `${answer.status} ${answer.text}`)
      }),
      { seed: 20260304, numRuns: 200 },
    )
    assert.deepEqual(control.errors, [])
  })
})
