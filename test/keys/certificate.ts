import { generateKeyPairSync, sign } from 'node:crypto'

/** An item of DER, ITU-T X.690. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

export const sequence = (...items: readonly Uint8Array[]) => der(0x30, ...items)
export const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
export const bits = (bytes: Uint8Array) => der(0x03, Buffer.from([0]), bytes)
export const time = (text: string) => der(0x17, Buffer.from(text))

const SHA512_WITH_RSA = sequence(oid('2a864886f70d01010d'), der(0x05))

/** A certificate that signs itself, RSA-2048 with SHA-512, for a name of DNS; both in PEM. */
export function selfSigned(name: string): { readonly certificate: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const subject = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
  const names = sequence(der(0x82, Buffer.from(name)))
  const authority = sequence(
    oid('551d13'),
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  )
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    SHA512_WITH_RSA,
    subject,
    sequence(time('200101000000Z'), time('491231235959Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid('551d11'), der(0x04, names)), authority)),
  )
  const whole = sequence(toBeSigned, SHA512_WITH_RSA, bits(sign('sha512', toBeSigned, privateKey)))
  return {
    certificate: certificatePem(whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

export function certificatePem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
}
