import { randomBytes } from 'node:crypto'
import type { UtcMs } from '../media/time.ts'

const HOUR_MS = 3_600_000
const OWN_KEY = /^[0-9a-f]{32}\/\d{4}-\d\d-\d\dT\d\d\/[0-9a-f]{32}$/

/** A key that no object has: the GUID of the channel, the hour, and 16 random bytes. */
export function newObjectKey(channelGuid: string, date: UtcMs): string {
  const hour = new Date(Math.floor(date / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13)
  return `${channelGuid}/${hour}/${randomBytes(16).toString('hex')}`
}

/** True for what `newObjectKey` may have made: others may keep things in the same bucket. */
export function isOwnObjectKey(key: string): boolean {
  return OWN_KEY.test(key)
}
