import { createCipheriv } from 'node:crypto'
import { element, xmlText } from '../manifests/xml.ts'
import { bytesOfUuid } from '../media/bytes.ts'

const NAMESPACE = 'http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader'
/** Type of the record that has a header. */
const HEADER = 1

/**
 * A PlayReady object with one header: of version 4.0 for `cenc`, with the checksum of the key, and of 4.3 for `cbcs`,
 * which has none. It names no licence server.
 */
export function playReadyObject({ kid, key, scheme }: { kid: string; key: Buffer; scheme: 'cenc' | 'cbcs' }): Buffer {
  const header = Buffer.from(xmlText(headerOf(guidOf(kid), key, scheme)), 'utf16le')
  const object = Buffer.alloc(10 + header.length)
  object.writeUInt32LE(object.length, 0)
  object.writeUInt16LE(1, 4)
  object.writeUInt16LE(HEADER, 6)
  object.writeUInt16LE(header.length, 8)
  header.copy(object, 10)
  return object
}

function headerOf(guid: Buffer, key: Buffer, scheme: 'cenc' | 'cbcs') {
  const kid = guid.toString('base64')
  if (scheme === 'cbcs') {
    const ids = element('KIDS', {}, [element('KID', { ALGID: 'AESCBC', VALUE: kid })])
    return element('WRMHEADER', { xmlns: NAMESPACE, version: '4.3.0.0' }, [
      element('DATA', {}, [element('PROTECTINFO', {}, [ids])]),
    ])
  }
  const info = [element('KEYLEN', {}, ['16']), element('ALGID', {}, ['AESCTR'])]
  return element('WRMHEADER', { xmlns: NAMESPACE, version: '4.0.0.0' }, [
    element('DATA', {}, [
      element('PROTECTINFO', {}, info),
      element('KID', {}, [kid]),
      element('CHECKSUM', {}, [checksum(guid, key)]),
    ]),
  ])
}

/** The KID as the fields of a GUID, of which the first three are little-endian. */
function guidOf(kid: string): Buffer {
  const bytes = Buffer.from(bytesOfUuid(kid))
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}

/** The first 8 bytes of the KID's GUID encrypted with the key: players find by it that they have another key. */
function checksum(guid: Buffer, key: Buffer): string {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  return cipher.update(guid).subarray(0, 8).toString('base64')
}
