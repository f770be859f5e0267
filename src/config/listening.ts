import type { Settings } from './settings.ts'
import type { Address } from './value-kind.ts'

type Listening = Pick<Settings, 'listen' | 'tlsListen' | 'controlListen' | 'controlTlsListen'>

/** An address at which a process is to listen, and the setting that names it. */
export type NamedAddress = { readonly setting: 'listen' | 'tlsListen' | 'controlListen' | 'controlTlsListen' } & {
  readonly address: Address
  readonly isTls: boolean
}

/** Where encoders and players connect, first without TLS. */
export function publicAddresses({ listen, tlsListen }: Listening): readonly NamedAddress[] {
  return [
    ...(listen === 'none' ? [] : [{ setting: 'listen', address: listen, isTls: false } as const]),
    ...(tlsListen ? [{ setting: 'tlsListen', address: tlsListen, isTls: true } as const] : []),
  ]
}

/** Where only API clients connect, first without TLS; empty where they connect where all do. */
export function separateApiAddresses({ controlListen, controlTlsListen }: Listening): readonly NamedAddress[] {
  return [
    ...(controlListen ? [{ setting: 'controlListen', address: controlListen, isTls: false } as const] : []),
    ...(controlTlsListen ? [{ setting: 'controlTlsListen', address: controlTlsListen, isTls: true } as const] : []),
  ]
}

/** Where API clients connect. */
export function apiAddresses(settings: Listening): readonly NamedAddress[] {
  const separate = separateApiAddresses(settings)
  return separate.length > 0 ? separate : publicAddresses(settings)
}
