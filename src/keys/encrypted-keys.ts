import {
  constants,
  createDecipheriv,
  createHmac,
  type KeyObject,
  privateDecrypt,
  timingSafeEqual,
  type X509Certificate,
} from 'node:crypto'
import type { CpixDelivery, CpixSecret } from '../manifests/cpix/answer.ts'
import { AES_256_CBC, HMAC_SHA512, RSA_OAEP } from '../manifests/cpix/cpix-names.ts'
import { badAnswer } from './bad-answer.ts'
import { fromBase64 } from './base64.ts'
import { KeyProviderFailed } from './key-provider.ts'

/** A certificate that key servers encrypt keys for, with its private key. */
export type KeyCertificate = { readonly certificate: X509Certificate; readonly privateKey: KeyObject }

const BLOCK = 16

/** Decrypts the content keys of one answer. */
export class KeyDecryption {
  private readonly documentKey: Buffer
  private readonly macKey: Buffer

  /** Throws KeyProviderFailed. */
  constructor(delivery: CpixDelivery, { privateKey }: KeyCertificate) {
    mustBe(AES_256_CBC, delivery.documentAlgorithm, 'document key')
    mustBe(HMAC_SHA512, delivery.macAlgorithm, 'MAC')
    this.documentKey = unwrapped(delivery.documentKey, privateKey, 'document key')
    this.macKey = unwrapped(delivery.macKey, privateKey, 'MAC key')
    if (this.documentKey.length !== 32) badAnswer(`a document key of ${this.documentKey.length} bytes instead of 32`)
    if (this.macKey.length === 0) badAnswer('an empty MAC key')
  }

  /** A content key, after its MAC was verified. Throws KeyProviderFailed. */
  decrypt({ algorithm, cipherValue, mac }: CpixSecret): Buffer {
    mustBe(AES_256_CBC, algorithm, 'content key')
    const bytes = fromBase64(cipherValue, 'CipherValue')
    if (mac === undefined) badAnswer('an encrypted key without ValueMAC')
    const given = fromBase64(mac, 'ValueMAC')
    const right = createHmac('sha512', this.macKey).update(bytes).digest()
    if (given.length !== right.length || !timingSafeEqual(given, right))
      badAnswer('an encrypted key whose MAC is wrong')
    try {
      const decipher = createDecipheriv('aes-256-cbc', this.documentKey, bytes.subarray(0, BLOCK))
      const begin = decipher.update(bytes.subarray(BLOCK))
      const end = decipher.final()
      const key = Buffer.concat([begin, end])
      begin.fill(0)
      end.fill(0)
      return key
    } catch {
      return badAnswer('an encrypted key that cannot be decrypted')
    }
  }

  /** Forgets the keys. */
  close(): void {
    this.documentKey.fill(0)
    this.macKey.fill(0)
  }
}

function unwrapped({ algorithm, cipherValue }: CpixSecret, privateKey: KeyObject, name: string): Buffer {
  mustBe(RSA_OAEP, algorithm, name)
  try {
    const { RSA_PKCS1_OAEP_PADDING: padding } = constants
    return privateDecrypt({ key: privateKey, padding, oaepHash: 'sha1' }, fromBase64(cipherValue, 'CipherValue'))
  } catch (error) {
    if (error instanceof KeyProviderFailed) throw error
    return badAnswer(`a ${name} that is not encrypted for the endpoint's certificate`)
  }
}

function mustBe(wanted: string, algorithm: string | undefined, name: string): void {
  if (algorithm === wanted) return
  const told = algorithm?.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 100) ?? 'no algorithm'
  badAnswer(`a ${name} by ${told} instead of ${wanted}`)
}
