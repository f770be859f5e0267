import { constants, randomBytes } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { SerialQueue } from '../concurrency/serial-queue.ts'
import { type CertificatePair, CertificateUnusable, type PairFiles, readPair, stampOf } from './certificate-pair.ts'

/** Cipher suites with forward secrecy and authenticated encryption alone, RFC 9325 §4.2. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')
/** Node's size of what session tickets are encrypted with. */
const TICKET_KEY_BYTES = 48
/** Sessions are taken up again whatever name they were begun for: the same process answers. */
const SESSION_ID_CONTEXT = 'windrow'

export type CertificateOptions = {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** The date by which certificates have expired. */
  readonly date: Clock
}

/** What became of one look at the files. */
export type Reload = {
  readonly loaded: readonly CertificatePair[]
  readonly refused: readonly { readonly pair: CertificatePair; readonly reason: string }[]
}

/**
 * The certificates of a process. The first is for all names that no other is for. Each is replaced when its files
 * change to a pair that can be used; until then, the one before stays in use.
 */
export class Certificates {
  private readonly options: CertificateOptions
  private readonly queue = new SerialQueue()
  private readonly listeners: (() => void)[] = []
  /** The same for as long as the process runs, so that sessions outlive certificates. */
  private readonly ticketKeys = randomBytes(TICKET_KEY_BYTES)
  private current: readonly CertificatePair[]
  private byName: ReadonlyMap<string, SecureContext> = new Map()

  private constructor(pairs: readonly CertificatePair[], options: CertificateOptions) {
    this.options = options
    this.current = pairs
    this.byName = this.contexts()
  }

  /** Throws CertificateUnusable. A certificate that has expired can be used: its server is better than none. */
  static async open(files: readonly PairFiles[], options: CertificateOptions): Promise<Certificates> {
    return new Certificates(await Promise.all(files.map(readPair)), options)
  }

  get pairs(): readonly CertificatePair[] {
    return this.current
  }

  /** Options of a server: of the first certificate, and what holds for all. */
  get serverOptions(): SecureContextOptions {
    return this.contextOptions(this.current[0]!)
  }

  /** The context for a name that a client asks for (SNI); undefined where the first certificate is to be used. */
  contextFor(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase().replace(/\.$/, '')
    const dot = name.indexOf('.')
    return this.byName.get(name) ?? (dot > 0 ? this.byName.get(`*${name.slice(dot)}`) : undefined)
  }

  /** Calls back whenever certificates were replaced. */
  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  /** Looks at all files, and takes what has changed and can be used. */
  async reload(): Promise<Reload> {
    return this.queue.run(async () => {
      const outcomes = await Promise.all(this.current.map((pair) => this.renewed(pair)))
      const loaded = outcomes.flatMap((outcome) => (typeof outcome === 'object' ? [outcome] : []))
      const refused = outcomes.flatMap((reason, i) =>
        typeof reason === 'string' ? [{ pair: this.current[i]!, reason }] : [],
      )
      if (loaded.length > 0) {
        this.current = this.current.map((pair, i) => (typeof outcomes[i] === 'object' ? outcomes[i] : pair))
        this.byName = this.contexts()
        for (const listener of this.listeners) listener()
      }
      return { loaded, refused }
    })
  }

  /** The pair that has taken the place of another; or why it cannot be used; undefined where nothing has changed. */
  private async renewed({ files, stamp, validUntil }: CertificatePair): Promise<CertificatePair | string | undefined> {
    try {
      if ((await stampOf(files)) === stamp) return undefined
      const pair = await readPair(files)
      const now = this.options.date()
      // What has expired may only take the place of what has expired too.
      if (pair.validUntil <= now && validUntil > now) return `${files.certificate} has expired`
      if (pair.validFrom > now) return `${files.certificate} is not valid yet`
      return pair
    } catch (error) {
      if (error instanceof CertificateUnusable) return error.message
      throw error
    }
  }

  private contextOptions({ chain, key }: CertificatePair): SecureContextOptions {
    return {
      cert: chain,
      key,
      ciphers: CIPHERS,
      honorCipherOrder: true,
      minVersion: this.options.minVersion,
      ticketKeys: this.ticketKeys,
      sessionIdContext: SESSION_ID_CONTEXT,
      // A client could have the server compute for nothing.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    }
  }

  private contexts(): ReadonlyMap<string, SecureContext> {
    const contexts = new Map<string, SecureContext>()
    for (const pair of this.current) {
      const context = createSecureContext(this.contextOptions(pair))
      for (const name of pair.names) if (!contexts.has(name)) contexts.set(name, context)
    }
    return contexts
  }
}
