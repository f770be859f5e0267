import type { DrmSystem, KeyDescription } from '../model/content-keys.ts'
import { UnreadableKeys } from './sealing.ts'

type StoredSystem = Omit<DrmSystem, 'pssh'> & { readonly pssh?: string }
type StoredKey = Omit<KeyDescription, 'explicitIv' | 'systems'> & {
  readonly explicitIv?: string
  readonly systems: readonly StoredSystem[]
}

const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const toBytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

/** What is public of keys, as JSON with bytes in base64. */
export function textOfKeys(keys: readonly KeyDescription[]): string {
  const stored = keys.map(
    ({ trackType, kid, explicitIv, systems }): StoredKey => ({
      trackType,
      kid,
      ...(explicitIv && { explicitIv: toText(explicitIv) }),
      systems: systems.map(({ pssh, ...system }) => ({ ...system, ...(pssh && { pssh: toText(pssh) }) })),
    }),
  )
  return JSON.stringify(stored)
}

/** Throws UnreadableKeys. */
export function keysOfText(text: string): readonly KeyDescription[] {
  try {
    return (JSON.parse(text) as readonly StoredKey[]).map(keyOf)
  } catch (error) {
    throw new UnreadableKeys('what is public of them is damaged', { cause: error })
  }
}

function keyOf({ trackType, kid, explicitIv, systems }: StoredKey): KeyDescription {
  return {
    trackType,
    kid,
    ...(explicitIv !== undefined && { explicitIv: toBytes(explicitIv) }),
    systems: systems.map(({ pssh, ...system }) => ({ ...system, ...(pssh !== undefined && { pssh: toBytes(pssh) }) })),
  }
}
