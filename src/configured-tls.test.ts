import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Authority, CertificateFiles } from '../test/judges/certificates.ts'
import { expiring, openCertificates } from './configured-tls.ts'
import type { LogFields } from './log.ts'
import { ONE_DAY_MS, utcMs } from './media/time.ts'
import { openMetrics } from './prometheus-metrics.ts'
import type { Closer } from './stopping.ts'

const authority = new Authority()
const NOW = Date.UTC(2026, 5)

/** Certificates whose clocks stand still until they are moved. */
async function open(files: CertificateFiles) {
  let passed = 0
  const lines: LogFields[] = []
  const line = (fields: LogFields) => void lines.push(fields)
  const metrics = openMetrics()
  const closers: Closer[] = []
  const date = () => utcMs(NOW + passed)
  const followed = await openCertificates(
    { tlsCertificate: [files.certificate], tlsKey: [files.key], tlsMinVersion: '1.2' },
    { date, monotonic: () => passed, log: { info: line, warn: line, error: line }, metrics },
    { closers },
    () => () => {},
  )
  for (const close of closers) await close()
  return {
    ...followed!,
    events: () => lines.splice(0).map(({ event }) => event),
    pass: (ms: number) => {
      passed += ms
    },
    date,
    series: async () =>
      (await metrics.text()).split('\n').filter((each) => each.startsWith('windrow_tls') && !each.endsWith(' 0')),
  }
}

describe('certificates that are followed', () => {
  it('are told of once a minute while they cannot be used, and counted each time', async () => {
    const files = new CertificateFiles(authority.issue(['a.example.com']))
    const { reload, events, pass, series } = await open(files)
    files.write({ key: 'no key' })
    for (let n = 0; n < 13; n++, pass(10_000)) await reload()
    assert.deepEqual(events(), ['tls-certificate-refused', 'tls-certificate-refused', 'tls-certificate-refused'])
    files.write(authority.issue(['b.example.com']))
    await reload()
    assert.deepEqual(events(), ['tls-certificate-loaded'])
    assert.deepEqual(await series(), [
      `windrow_tls_certificate_expires_seconds{certificate="${files.certificate}"} ${Date.UTC(2049) / 1000}`,
      'windrow_tls_reloads_total{result="loaded"} 1',
      'windrow_tls_reloads_total{result="refused"} 13',
    ])
  })

  it('are warned of once a day in their last two weeks, and when they have expired', async () => {
    const files = new CertificateFiles(authority.issue(['a.example.com'], { until: new Date(NOW + 15 * ONE_DAY_MS) }))
    const { certificates, reload, events, pass, date } = await open(files)
    assert.deepEqual([events(), expiring(certificates, date)], [[], []])
    pass(1.5 * ONE_DAY_MS)
    for (let n = 0; n < 5; n++, pass(ONE_DAY_MS / 4)) await reload()
    assert.deepEqual(events(), ['tls-certificate-expires', 'tls-certificate-expires'])
    assert.deepEqual(expiring(certificates, date), [
      'the certificate of a.example.com expires at 2026-06-16T00:00:00.000Z',
    ])
    pass(30 * ONE_DAY_MS)
    await reload()
    assert.deepEqual(events(), ['tls-certificate-expires'])
    assert.match(expiring(certificates, date)[0] ?? '', /expired at/)
  })
})
