import type { DrmSystem, KeyDescription } from '../model/content-keys.ts'

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

export function keysOfText(text: string): readonly KeyDescription[] {
  const stored = JSON.parse(text) as readonly StoredKey[]
  return stored.map(({ trackType, kid, explicitIv, systems }) => ({
    trackType,
    kid,
    ...(explicitIv !== undefined && { explicitIv: toBytes(explicitIv) }),
    systems: systems.map(({ pssh, ...system }) => ({ ...system, ...(pssh !== undefined && { pssh: toBytes(pssh) }) })),
  }))
}
