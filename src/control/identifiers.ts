import { randomBytes } from 'node:crypto'

/** 32 hexadecimal digits. */
export function newGuid(): string {
  return randomBytes(16).toString('hex')
}

/** What an encoder logs in with; hexadecimal, as the service always made them. */
export function newCredentials(): { readonly username: string; readonly password: string } {
  return { username: randomBytes(16).toString('hex'), password: randomBytes(16).toString('hex') }
}
