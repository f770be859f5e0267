import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { type UtcMs, utcMs } from '../media/time.ts'

/** Bytes of a file: a chain of a dozen certificates is a tenth of that. */
const MOST_BYTES = 256 * 1024
/** Whoever may do this to a private key has nothing to do with it: others anything, the group more than read. */
const TOO_OPEN = 0o037

/** The files of a certificate and its private key, in PEM; behind the certificate may be those of its issuers. */
export type PairFiles = { readonly certificate: string; readonly key: string }

/** A certificate that can be used, with its key. */
export type CertificatePair = {
  readonly files: PairFiles
  /** Changes with the files, whatever way they are replaced. */
  readonly stamp: string
  /** The certificate and those of its issuers, in PEM. */
  readonly chain: string
  /** The private key, in PEM. */
  readonly key: string
  /** The names it is for, in lower case; a `*` stands for the first part of a name. */
  readonly names: readonly string[]
  /** True of a host, by name or address, that it is for. */
  readonly isFor: (host: string) => boolean
  readonly validFrom: UtcMs
  readonly validUntil: UtcMs
}

/** Thrown for files that cannot be used; the message is a sentence that names the file. */
export class CertificateUnusable extends Error {
  override readonly name = 'CertificateUnusable'
}

/** The stamp of a pair as its files are now. Throws CertificateUnusable where one is not there. */
export async function stampOf({ certificate, key }: PairFiles): Promise<string> {
  const stamps = [certificate, key].map((file) =>
    reading(file, async () => {
      const path = await realpath(file)
      return stampText(path, await stat(path, { bigint: true }))
    }),
  )
  return (await Promise.all(stamps)).join(' ')
}

/**
 * Reads a pair, and proves that it is whole: every certificate is complete, the key is that of the first one, and
 * OpenSSL takes both. Dates are not judged. Throws CertificateUnusable.
 */
export async function readPair(files: PairFiles): Promise<CertificatePair> {
  const certificate = await readBounded(files.certificate)
  const key = await readBounded(files.key)
  if (key.mode & TOO_OPEN) {
    throw new CertificateUnusable(`${files.key} can be read by others: run chmod 640 or 600 on it`)
  }
  const first = firstCertificate(files.certificate, certificate.text)
  demandKeyOf(first, files, key.text)
  attempt(`${files.certificate} and ${files.key} cannot be used`, () =>
    createSecureContext({ cert: certificate.text, key: key.text }),
  )
  return {
    files,
    stamp: `${certificate.stamp} ${key.stamp}`,
    chain: certificate.text,
    key: key.text,
    names: namesOf(first),
    isFor: (host) => isFor(first, host),
    validFrom: utcMs(first.validFromDate.getTime()),
    validUntil: utcMs(first.validToDate.getTime()),
  }
}

/** The first certificate of a chain, each of which has its end: a file that is still being written has not. */
function firstCertificate(file: string, text: string): X509Certificate {
  const begun = text.split('-----BEGIN CERTIFICATE-----').slice(1)
  if (begun.length === 0) throw new CertificateUnusable(`${file} has no certificate in PEM`)
  const all = begun.map((block) => {
    const [content, end] = block.split('-----END CERTIFICATE-----')
    if (end === undefined) throw new CertificateUnusable(`${file} ends in the middle of a certificate`)
    const pem = `-----BEGIN CERTIFICATE-----${content}-----END CERTIFICATE-----\n`
    return attempt(`${file} has a certificate that cannot be read`, () => new X509Certificate(pem))
  })
  return all[0]!
}

function demandKeyOf(certificate: X509Certificate, files: PairFiles, text: string): void {
  const key = attempt(`${files.key} has no private key that can be read`, () => createPrivateKey(text))
  if (certificate.checkPrivateKey(key)) return
  throw new CertificateUnusable(`${files.key} is not the private key of ${files.certificate}`)
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    // The code alone: sentences of OpenSSL's may repeat what is in the file.
    throw new CertificateUnusable(`${what} (${(error as NodeJS.ErrnoException).code ?? 'malformed'})`)
  }
}

/** The alternative names of a certificate, RFC 6125; the common name of its subject says nothing. */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = subjectAltName.split(', ').map((item) => (item.startsWith('DNS:') ? item.slice(4).toLowerCase() : ''))
  return names.filter((name) => /^[\w*.-]+$/.test(name))
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return isIP(host) === 0
    ? certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined
    : certificate.checkIP(host) !== undefined
}

async function readBounded(file: string): Promise<{ readonly text: string; readonly mode: number; stamp: string }> {
  return reading(file, async () => {
    const path = await realpath(file)
    // A FIFO would wait for its writer, and a device has no end.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await handle.stat({ bigint: true })
      if (!found.isFile()) throw new CertificateUnusable(`${file} is no file`)
      if (found.size > MOST_BYTES) throw new CertificateUnusable(`${file} has more than ${MOST_BYTES} bytes`)
      return { text: await handle.readFile('latin1'), mode: Number(found.mode), stamp: stampText(path, found) }
    } finally {
      await handle.close()
    }
  })
}

function stampText(path: string, { mtimeNs, size, ino }: BigIntStats): string {
  return `${path}:${mtimeNs}:${size}:${ino}`
}

async function reading<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CertificateUnusable) throw error
    throw new CertificateUnusable(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
