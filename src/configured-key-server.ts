import type { KeyObject } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Turns } from './concurrency/turns.ts'
import type { Config } from './config/config.ts'
import { KEY_SERVER_SECRET_FILE, keyOfDigits, loadKey } from './config/key-encryption-key.ts'
import { apiAddresses } from './config/listening.ts'
import { ConfigurationError } from './config/read-settings.ts'
import { SETTINGS } from './config/settings.ts'
import { isLoopback } from './config/value-kind.ts'
import type { Mount } from './http/handler.ts'
import { comparedHost } from './internal-addresses.ts'
import { createKeyServer, SPEKE_PATH } from './key-server/key-server.ts'
import type { Log } from './log.ts'

/** Where the built-in key server is. */
export class OwnKeyServer {
  private readonly config: Pick<Config, 'controlListen' | 'controlTlsListen' | 'keyServerUrl' | 'publicUrl'>
  private readonly listening = Promise.withResolvers<string>()
  private apiUrl = ''

  constructor(config: Pick<Config, 'controlListen' | 'controlTlsListen' | 'keyServerUrl' | 'publicUrl'>) {
    this.config = config
  }

  /** Called with the URL at which the API listens, such as `http://127.0.0.1:8080`. */
  listensAt(apiUrl: string): void {
    this.apiUrl = apiUrl
    this.listening.resolve(apiUrl)
  }

  /** Resolves when it listens. */
  async listens(): Promise<void> {
    await this.listening.promise
  }

  /** The URL at which players reach it, without a slash at its end. */
  get url(): string {
    const { controlListen, controlTlsListen, keyServerUrl, publicUrl } = this.config
    return keyServerUrl ?? (controlListen || controlTlsListen ? undefined : publicUrl) ?? this.apiUrl
  }

  /** The hosts of its URLs, as URLs have them. */
  get hosts(): ReadonlySet<string> {
    return new Set([...LOOPBACK, ...[this.url, this.apiUrl].map((each) => comparedHost(new URL(each)))])
  }

  /** True of the URL at which it answers requests of SPEKE, and of no other. */
  isAt(text: string): boolean {
    const url = URL.parse(text)
    if (!url || this.apiUrl === '' || url.href !== url.origin + SPEKE_PATH) return false
    const api = new URL(this.apiUrl)
    const isHere = url.protocol === api.protocol && url.port === api.port && LOOPBACK.includes(comparedHost(url))
    return isHere || url.origin === api.origin || url.origin === new URL(this.url).origin
  }
}

const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1']

type OwnKeyServerSettings = Pick<
  Config,
  'keyServer' | 'roles' | 'listen' | 'tlsListen' | 'controlListen' | 'controlTlsListen' | 'keyServerUrl' | 'publicUrl'
>

/** Undefined where it is off. Throws ConfigurationError where its address is open to others, and that is not wanted. */
export function ownKeyServer(config: OwnKeyServerSettings): OwnKeyServer | undefined {
  const { keyServer } = config
  if (keyServer === 'false') return undefined
  const open = apiAddresses(config).find(({ address }) => !isLoopback(address))
  if (keyServer === 'true' && config.roles.has('control') && open) {
    const own = SETTINGS.keyServer
    throw new ConfigurationError(
      `${own.name} is true, but ${SETTINGS[open.setting].name} is no loopback address: everybody who reaches it would get every key; ` +
        `set ${own.name} to anywhere if they may`,
    )
  }
  return new OwnKeyServer(config)
}

type Deps = { readonly turns: Turns; readonly wall: Clock; readonly steady: Clock; readonly log: Log }

/** Mounts the key server, which signed requests of SPEKE are made to with the server's own key pair. */
export async function keyServerMounts(
  own: OwnKeyServer,
  config: Config,
  { turns, wall, steady, log }: Deps,
): Promise<readonly Mount[]> {
  const { credentials, region } = config
  const secret = await secretOf(config)
  log.warn(
    { event: 'key-server-open' },
    'the built-in key server gives every content key to whoever asks: it is for trying out encryption',
  )
  const expected = () => ({ credentials, region, service: 'execute-api', now: wall() })
  return createKeyServer({ secret, expected, url: () => own.url, turns, clock: steady, log })
}

async function secretOf({ keyServerSecret, databaseUrl, dataFolder }: Config): Promise<KeyObject> {
  if (keyServerSecret !== undefined) return keyOfDigits(keyServerSecret)
  if (databaseUrl === undefined) return loadKey(dataFolder, KEY_SERVER_SECRET_FILE)
  throw new ConfigurationError(`${SETTINGS.keyServerSecret.name} is not set: set it to the same on all nodes`)
}
