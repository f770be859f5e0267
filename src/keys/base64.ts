import { badAnswer } from './bad-answer.ts'

const FORM = /^[A-Za-z0-9+/]+={0,2}$/

/** Decodes base64 that may be broken into lines, as xs:base64Binary. `name` says of what. Throws KeyProviderFailed. */
export function fromBase64(text: string, name: string): Buffer {
  const digits = text.replaceAll(/[\t\n\r ]/g, '')
  if (digits.length % 4 === 0 && FORM.test(digits)) return Buffer.from(digits, 'base64')
  return badAnswer(`a ${name} that is not in base64`)
}
