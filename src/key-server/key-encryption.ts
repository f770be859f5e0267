import { constants, createCipheriv, createHmac, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { AES_256_CBC, CPIX, HMAC_SHA512, PSKC, RSA_OAEP, XMLENC } from '../manifests/cpix/cpix-names.ts'
import type { ReadElement } from '../manifests/xml-tree.ts'
import { node } from './node.ts'
import { SpekeRefusal } from './speke-refusal.ts'

const RSA_BITS = { least: 2048, most: 4096 }

/** Encrypts the keys of one answer: with a key that is made for it, and encrypted itself for a certificate. */
export class KeyEncryption {
  private readonly documentKey = randomBytes(32)
  private readonly macKey = randomBytes(64)
  private readonly certificate: X509Certificate

  /** `certificate` is in DER. Throws SpekeRefusal. */
  constructor(certificate: Buffer) {
    this.certificate = readCertificate(certificate)
  }

  /** What an element DeliveryData has besides the certificate. */
  delivery(): readonly ReadElement[] {
    const documentKey = this.encryptedValue(RSA_OAEP, this.wrapped(this.documentKey))
    const macKey = this.encryptedValue(RSA_OAEP, this.wrapped(this.macKey))
    return [
      node(CPIX, 'DocumentKey', { Algorithm: AES_256_CBC }, [
        node(CPIX, 'Data', {}, [node(PSKC, 'Secret', {}, documentKey)]),
      ]),
      node(CPIX, 'MACMethod', { Algorithm: HMAC_SHA512 }, [node(CPIX, 'Key', {}, macKey)]),
    ]
  }

  /** What an element Secret has. */
  secret(key: Buffer): readonly ReadElement[] {
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-256-cbc', this.documentKey, iv)
    return this.encryptedValue(AES_256_CBC, Buffer.concat([iv, cipher.update(key), cipher.final()]))
  }

  private wrapped(key: Buffer): Buffer {
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    return publicEncrypt({ key: this.certificate.publicKey, padding, oaepHash: 'sha1' }, key)
  }

  private encryptedValue(algorithm: string, bytes: Buffer): readonly ReadElement[] {
    const mac = createHmac('sha512', this.macKey).update(bytes).digest('base64')
    return [
      node(PSKC, 'EncryptedValue', {}, [
        node(XMLENC, 'EncryptionMethod', { Algorithm: algorithm }),
        node(XMLENC, 'CipherData', {}, [node(XMLENC, 'CipherValue', {}, [bytes.toString('base64')])]),
      ]),
      node(PSKC, 'ValueMAC', {}, [mac]),
    ]
  }
}

function readCertificate(bytes: Buffer): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(bytes)
  } catch {
    throw new SpekeRefusal('Malformed X509Certificate')
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  const bits = details?.modulusLength ?? 0
  if (type !== 'rsa' || bits < RSA_BITS.least || bits > RSA_BITS.most) {
    throw new SpekeRefusal(
      `Unsupported X509Certificate: its key must be RSA of ${RSA_BITS.least} to ${RSA_BITS.most} bits`,
    )
  }
  return certificate
}
