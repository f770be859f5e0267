import { randomBytes } from 'node:crypto'

/** A new GUID of 32 hexadecimal digits. */
export function newGuid(): string {
  return randomBytes(16).toString('hex')
}

/** New credentials for an encoder, in hexadecimal like those of the service. */
export function newCredentials(): { readonly username: string; readonly password: string } {
  return { username: randomBytes(16).toString('hex'), password: randomBytes(16).toString('hex') }
}
