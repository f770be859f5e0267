import type { Config } from './config/config.ts'
import { type NamedAddress, publicAddresses, separateApiAddresses } from './config/listening.ts'
import { addressText } from './config/value-kind.ts'
import type { Mount } from './http/handler.ts'
import type { Listeners } from './http/listeners.ts'
import { comparedHost } from './internal-addresses.ts'
import type { Log } from './log.ts'
import type { Certificates } from './tls/certificates.ts'

type Deps = {
  readonly listeners: Listeners
  readonly certificates: Certificates | undefined
  readonly log: Log
  /** What encoders and players ask for. */
  readonly mounts: readonly Mount[]
  /** What API clients ask for; undefined where this process has no part in it. */
  readonly api: readonly Mount[] | undefined
}

/** URLs of this process, without a slash at their end. */
export type OwnUrls = {
  /** What encoders and players are given unless the settings say it. */
  readonly url: string
  /** What API clients on this machine use. */
  readonly apiUrl: string
}

/** Opens the listeners that the settings name: first those of the API, where it has its own. */
export async function openListeners(
  config: Config,
  { listeners, certificates, log, mounts, api }: Deps,
): Promise<OwnUrls> {
  const opened = async (name: string, all: readonly NamedAddress[], mounted: readonly Mount[]) => {
    const urls: string[] = []
    for (const { address, isTls } of all) {
      const tls = isTls && certificates ? { certificates } : undefined
      const listener = await listeners.open(tls ? `${name}-tls` : name, address, mounted, tls)
      urls.push(`${tls ? 'https' : 'http'}://${addressText(listener.address)}`)
    }
    return urls
  }
  const apart = api ? await opened('control', separateApiAddresses(config), api) : []
  const isEverywhere = apart.length === 0
  const urls = await opened('public', publicAddresses(config), isEverywhere && api ? [...mounts, ...api] : mounts)
  // Whoever has certificates gives them to clients; what is beside them is for this machine, or for proxies.
  const url = config.tlsListen && certificates ? certified(urls.at(-1)!, certificates) : urls[0]!
  if (certificates) warnOfName(config, certificates, log)
  return { url, apiUrl: (isEverywhere ? urls : apart)[0]! }
}

/** The URL with a name of the first certificate in place of an address, since clients compare it with that. */
function certified(url: string, { pairs }: Certificates): string {
  const name = pairs[0]?.names.find((each) => !each.startsWith('*'))
  return name === undefined ? url : `https://${name}:${new URL(url).port}`.replace(/:$/, '')
}

function warnOfName({ publicUrl }: Config, { pairs }: Certificates, log: Log): void {
  if (!publicUrl?.startsWith('https:')) return
  const host = comparedHost(new URL(publicUrl))
  if (pairs.some((pair) => pair.isFor(host))) return
  log.warn(
    { event: 'tls-name-mismatch', host, names: pairs.flatMap(({ names }) => names) },
    'no certificate is for the host of public-url: clients that compare them will not connect',
  )
}
