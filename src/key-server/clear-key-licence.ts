import { uuidOf } from '../media/bytes.ts'

/** Thrown for what is no request for a licence. The message is a sentence for whoever has sent it. */
export class MalformedLicenceRequest extends Error {
  override readonly name = 'MalformedLicenceRequest'
}

const MOST_KEYS = 100
/** 16 bytes in base64url, without padding. */
const KEY_ID = /^[A-Za-z0-9_-]{21}[AQgw]$/

/**
 * The licence for a request, both in JSON as Encrypted Media Extensions, Clear Key §9.1.3 and §9.1.4, says: `kids` in,
 * `keys` as JSON Web Keys out. Throws MalformedLicenceRequest.
 */
export function clearKeyLicence(body: Uint8Array, keyOf: (kid: string) => Buffer): string {
  const keys = [...new Set(kidsIn(body))].map((id) => {
    const key = keyOf(uuidOf(Buffer.from(id, 'base64url')))
    return { kty: 'oct', kid: id, k: key.toString('base64url') }
  })
  return JSON.stringify({ keys, type: 'temporary' })
}

function kidsIn(body: Uint8Array): readonly string[] {
  let request: unknown
  try {
    request = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new MalformedLicenceRequest('The body must be JSON in UTF-8.')
  }
  const { kids, type = 'temporary' } = (request ?? {}) as { readonly kids?: unknown; readonly type?: unknown }
  if (!Array.isArray(kids) || kids.length === 0 || kids.length > MOST_KEYS) {
    throw new MalformedLicenceRequest(`kids must be a list of 1 to ${MOST_KEYS} key ids.`)
  }
  if (!kids.every((id) => typeof id === 'string' && KEY_ID.test(id))) {
    throw new MalformedLicenceRequest('Each key id must be 16 bytes in base64url, without padding.')
  }
  if (type !== 'temporary') throw new MalformedLicenceRequest('type must be temporary.')
  return kids as readonly string[]
}
