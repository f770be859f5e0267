/** The one pair of the JSON document that AWS keeps in a secret for CDN authorization. */
const MEMBER = 'MediaPackageCDNIdentifier'
const LEAST_CHARACTERS = 8
const MOST_CHARACTERS = 128

/** Thrown for a version of a secret that no request can match. The message has no part of it. */
export class UnusableSecret extends Error {
  override readonly name = 'UnusableSecret'
}

/**
 * The bytes of the identifier in a version of a secret: of the JSON document of AWS, or of the identifier itself where
 * that will do. Throws UnusableSecret.
 */
export function identifierIn(text: string, isDocument = false): Buffer {
  // Files end with a line feed.
  const whole = text.replace(/\r?\n$/, '')
  const identifier = isDocument || whole.trimStart().startsWith('{') ? memberOf(whole) : whole
  const { length } = Array.from(identifier)
  if (length < LEAST_CHARACTERS || length > MOST_CHARACTERS) {
    throw new UnusableSecret(`has ${length} characters, and not ${LEAST_CHARACTERS} to ${MOST_CHARACTERS}`)
  }
  if (/[\p{Cc}\p{Cs}]|^\s|\s$/u.test(identifier)) {
    throw new UnusableSecret('has characters that a header cannot carry, or begins or ends with a blank')
  }
  return Buffer.from(identifier)
}

function memberOf(text: string): string {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new UnusableSecret('is not valid JSON')
  }
  const isObject = typeof document === 'object' && document !== null && !Array.isArray(document)
  const [[name, value] = [], another] = isObject ? Object.entries(document as object) : []
  if (another || name !== MEMBER || typeof value !== 'string') {
    throw new UnusableSecret(`is not an object with the one pair ${MEMBER}, which is a text`)
  }
  return value
}
