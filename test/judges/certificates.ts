import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { bits, certificatePem, der, oid, sequence, time } from '../keys/certificate.ts'
import { temporaryFolder } from './processes.ts'

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'))
const TRUE = der(0x01, Buffer.from([0xff]))

type Issued = { readonly certificate: string; readonly key: string }

/** An authority whose certificates nobody trusts who is not told to, P-256. */
export class Authority {
  readonly certificate: string
  private readonly key: KeyObject
  private readonly subject = nameOf('Windrow judges')

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.key = privateKey
    // Basic constraints, RFC 5280 §4.2.1.9: an authority.
    const constraints = sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE)))
    this.certificate = this.signed(this.subject, publicKey, [constraints], {})
  }

  /** A certificate for names of DNS and IPv4 addresses, a `*` among them, and its key; both in PEM. */
  issue(names: readonly string[], dates: { readonly from?: Date; readonly until?: Date } = {}): Issued {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const alternatives = names.map((name) =>
      isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
    )
    const extension = sequence(oid('551d11'), der(0x04, sequence(...alternatives)))
    const certificate = this.signed(nameOf(names[0] ?? ''), publicKey, [extension], dates)
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  }

  private signed(
    subject: Buffer,
    publicKey: KeyObject,
    extensions: readonly Buffer[],
    { from = new Date(Date.UTC(2020)), until = new Date(Date.UTC(2049)) }: { from?: Date; until?: Date },
  ): string {
    const toBeSigned = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      this.subject,
      sequence(time(utcTime(from)), time(utcTime(until))),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(...extensions)),
    )
    return certificatePem(sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign('sha256', toBeSigned, this.key))))
  }
}

/** Files as a server has them; each is replaced by writing it anew. */
export class CertificateFiles {
  readonly certificate: string
  readonly key: string

  constructor(issued: Issued, name = 'server') {
    const folder = temporaryFolder('certificates')
    this.certificate = join(folder, `${name}.pem`)
    this.key = join(folder, `${name}.key`)
    this.write(issued)
  }

  write({ certificate, key }: Partial<Issued>): void {
    if (certificate !== undefined) writeFileSync(this.certificate, certificate)
    if (key !== undefined) writeFileSync(this.key, key, { mode: 0o600 })
  }
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))))
}

/** UTCTime, RFC 5280 §4.1.2.5.1. */
function utcTime(date: Date): string {
  return `${date.toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`
}
