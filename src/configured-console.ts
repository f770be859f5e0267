import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import { readSite, type Site } from './web-console/site-files.ts'
import type { WebConsoleDeps } from './web-console/web-console.ts'

/** Where the console is built, in a source tree and in a package: this file is one folder below its root. */
const FOLDER = fileURLToPath(new URL('../dist/console', import.meta.url))

type Settings = Pick<
  Config,
  'harvestStore' | 'keyServerUrl' | 'region' | 's3Endpoint' | 's3ForcePathStyle' | 's3Region' | 'servesConsole'
>

type Deps = {
  readonly version: string
  readonly log: Log
  /** The URL of playback URLs; called for each response. */
  readonly publicUrl: () => string
  readonly folder?: string
}

/**
 * The console as the settings have it, undefined where they have none; it has no site where it was not built. Its files
 * are read once, when somebody first asks for one: most servers start without anybody's looking at it.
 */
export async function openConsole(
  config: Settings,
  { version, log, publicUrl, folder = FOLDER }: Deps,
): Promise<WebConsoleDeps | undefined> {
  const { servesConsole, region, keyServerUrl } = config
  if (!servesConsole) return undefined
  const notServed = (error: unknown) => {
    log.warn({ event: 'console-not-served', folder, error }, 'the console is not served: its files cannot be read')
    return undefined
  }
  let read: Promise<Site | undefined> | undefined
  const readOnce = () => (read ??= readSite(folder).catch(notServed))
  const site = await access(folder).then(() => readOnce, notServed)
  const playback = () => [publicUrl(), ...(keyServerUrl === undefined ? [] : [keyServerUrl])]
  return { site, region, version, playback, buckets: bucketSources(config) }
}

/** Sources of CSP: where presigned URLs of objects in buckets lead. */
function bucketSources({ harvestStore, region, s3Endpoint, s3ForcePathStyle, s3Region = region }: Settings): string[] {
  if (harvestStore !== 's3') return []
  const { protocol, host } = new URL(s3Endpoint ?? awsEndpoint(s3Region))
  const [one, each] = [`${protocol}//${host}`, `${protocol}//*.${host}`]
  return s3ForcePathStyle ? [one] : [one, each]
}

const awsEndpoint = (region: string) => `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
