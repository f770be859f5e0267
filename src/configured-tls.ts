import { Seldom } from './cache/seldom.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { ConfigurationError } from './config/read-settings.ts'
import type { Log } from './log.ts'
import { isoDateTime, ONE_DAY_MS } from './media/time.ts'
import type { Metrics } from './metrics.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'
import { type CertificatePair, CertificateUnusable } from './tls/certificate-pair.ts'
import { Certificates } from './tls/certificates.ts'

/** Interval at which the files of certificates are looked at. */
const RELOAD_MS = 10_000
/** A pair whose files cannot be used is logged at most that often. */
const REFUSED_LOG_MS = 60_000
/** Time before its end in which a certificate is warned of. */
const SOON_MS = 14 * ONE_DAY_MS

type Deps = {
  readonly date: Clock
  /** Milliseconds by a clock that nobody can set. */
  readonly monotonic: () => number
  readonly log: Log
  readonly metrics: Metrics
}

/** Certificates, and a look at their files before it is time for one. */
type FollowedCertificates = { readonly certificates: Certificates; readonly reload: () => Promise<void> }

type TlsConfig = Pick<Config, 'tlsCertificate' | 'tlsKey' | 'tlsMinVersion'>

/** Reads the certificates that the settings name; undefined where they name none. Throws ConfigurationError. */
export async function readCertificates(
  { tlsCertificate = [], tlsKey = [], tlsMinVersion }: TlsConfig,
  date: Clock,
): Promise<Certificates | undefined> {
  const files = tlsCertificate.map((certificate, i) => ({ certificate, key: tlsKey[i]! }))
  if (files.length === 0) return undefined
  const minVersion = tlsMinVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2'
  return Certificates.open(files, { minVersion, date }).catch((error: unknown) => {
    throw error instanceof CertificateUnusable ? new ConfigurationError(error.message) : error
  })
}

/** Opens the certificates, and follows their files. */
export async function openCertificates(
  config: TlsConfig,
  deps: Deps,
  { closers }: Pick<Stopping, 'closers'>,
  failed: Failed,
): Promise<FollowedCertificates | undefined> {
  const certificates = await readCertificates(config, deps.date)
  if (!certificates) return undefined
  const reports = new Reports(deps)
  reports.has(certificates.pairs)
  const reload = async () => {
    const { loaded, refused } = await certificates.reload()
    for (const pair of loaded) reports.loaded(pair)
    for (const { pair, reason } of refused) reports.refused(pair, reason)
    reports.has(certificates.pairs)
  }
  closers.push(periodically(RELOAD_MS, reload, failed('reading certificates')))
  return { certificates, reload }
}

/** A sentence for each certificate that expires soon, or has. */
export function expiring({ pairs }: Pick<Certificates, 'pairs'>, date: Clock): readonly string[] {
  return pairs
    .filter(({ validUntil }) => validUntil - date() < SOON_MS)
    .map((pair) => `the certificate of ${pair.names[0] ?? 'no name'} ${expiry(pair, date)}`)
}

function expiry({ validUntil }: CertificatePair, date: Clock): string {
  return `${validUntil <= date() ? 'expired' : 'expires'} at ${isoDateTime(validUntil)}`
}

/** What is logged and measured of certificates. */
class Reports {
  private readonly deps: Deps
  /** By file of the certificate, of as many as the settings name. */
  private readonly refusals: Seldom
  private readonly warnings: Seldom

  constructor(deps: Deps) {
    this.deps = deps
    this.refusals = new Seldom(deps.monotonic, { pauseMs: REFUSED_LOG_MS, most: Infinity })
    this.warnings = new Seldom(deps.monotonic, { pauseMs: ONE_DAY_MS, most: Infinity })
    for (const result of ['loaded', 'refused']) deps.metrics.counter('windrow_tls_reloads_total', { result }).add(0)
  }

  has(pairs: readonly CertificatePair[]): void {
    const { metrics, date, log } = this.deps
    for (const pair of pairs) {
      const { certificate } = pair.files
      metrics.gauge('windrow_tls_certificate_expires_seconds', { certificate }).set(pair.validUntil / 1000)
      if (pair.validUntil - date() >= SOON_MS || !this.warnings.isDue(certificate)) continue
      log.warn({ event: 'tls-certificate-expires', ...told(pair) }, `a certificate ${expiry(pair, date)}`)
    }
  }

  loaded(pair: CertificatePair): void {
    this.deps.metrics.counter('windrow_tls_reloads_total', { result: 'loaded' }).add()
    this.deps.log.info({ event: 'tls-certificate-loaded', ...told(pair) }, 'a certificate was replaced')
    this.refusals.forget(pair.files.certificate)
    this.warnings.forget(pair.files.certificate)
  }

  refused(pair: CertificatePair, reason: string): void {
    this.deps.metrics.counter('windrow_tls_reloads_total', { result: 'refused' }).add()
    if (!this.refusals.isDue(pair.files.certificate)) return
    this.deps.log.warn(
      { event: 'tls-certificate-refused', reason, ...told(pair) },
      'a changed certificate cannot be used; the one before stays in use',
    )
  }
}

function told({ files, names, validUntil }: CertificatePair) {
  return { certificate: files.certificate, names, validUntil: isoDateTime(validUntil) }
}
