import { createPrivateKey, X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'
import { roleOptions } from './assumed-role.ts'
import type { Clock } from './clock.ts'
import type { Turns } from './concurrency/turns.ts'
import type { AccessKeyPair } from './config/credentials.ts'
import { ConfigurationError } from './config/read-settings.ts'
import { SETTINGS, type Settings } from './config/settings.ts'
import type { CertificateFiles } from './config/speke-settings.ts'
import type { OwnKeyServer } from './configured-key-server.ts'
import { KeyServerCredentials } from './keys/aws-credentials.ts'
import type { KeyCertificate } from './keys/encrypted-keys.ts'
import type { KeyProvider } from './keys/key-provider.ts'
import { SIGNING_PACKAGES } from './keys/key-server-auth.ts'
import { type SpekeOptions, spekeClient } from './keys/speke-client.ts'

/** Time for a request for keys, from resolving the host to the last byte of the answer. */
const TIMEOUT_MS = 10_000

type SpekeSettings = Pick<
  Settings,
  | 'region'
  | 's3RoleExternalId'
  | 's3RoleSessionName'
  | 'spekeAllowHosts'
  | 'spekeAssumeRole'
  | 'spekeAuth'
  | 'spekeCaFile'
  | 'spekeCertificates'
  | 'spekeHeaders'
  | 'stsEndpoint'
>

/** `own` is the built-in key server, and the key pair that requests to it are signed with. */
type Deps = {
  readonly date: Clock
  readonly turns: Turns
  readonly own?: { readonly server: OwnKeyServer; readonly keys: AccessKeyPair } | undefined
}

/** The key servers that endpoints name, requested as the settings say. Throws ConfigurationError. */
export function configuredKeyProvider(settings: SpekeSettings, { date, turns, own }: Deps): KeyProvider {
  const { region, spekeAllowHosts, spekeAuth, spekeCaFile, spekeCertificates, spekeHeaders } = settings
  // A package that is missing is found out here, and not by the first request.
  for (const name of SIGNING_PACKAGES) import.meta.resolve(name)
  const credentials = new KeyServerCredentials({
    region,
    isRequired: spekeAuth === 'sigv4',
    role: settings.spekeAssumeRole ? roleOptions(settings) : undefined,
    clock: date,
  })
  const options: SpekeOptions = {
    auth: {
      headers: spekeHeaders ?? new Map(),
      credentials: async (arn) => (spekeAuth === 'none' ? undefined : credentials.find(arn)),
      region,
      date,
    },
    allowedHosts: spekeAllowHosts ?? new Set(),
    certificates: new Map([...(spekeCertificates ?? [])].map(([arn, files]) => [arn, keyCertificate(arn, files)])),
    ...(spekeCaFile !== undefined && { authorities: authoritiesOf(spekeCaFile) }),
    resolve: (host) => lookup(host, { all: true }),
    timeoutMs: TIMEOUT_MS,
    turns,
  }
  return own ? withOwnServer(own, options) : spekeClient(options)
}

/** No setting has to allow requests to the built-in key server. */
function withOwnServer({ server, keys }: NonNullable<Deps['own']>, options: SpekeOptions): KeyProvider {
  const others = spekeClient(options)
  const auth = { ...options.auth, headers: new Map(), credentials: async () => keys }
  return {
    async request(packaging, period, signal) {
      await server.listens()
      const isOwn = server.isAt(packaging.encryption.spekeKeyProvider.url)
      const client = isOwn ? spekeClient({ ...options, auth, allowedHosts: server.hosts }) : others
      return client.request(packaging, period, signal)
    },
  }
}

function authoritiesOf(file: string): readonly string[] {
  const more = read(SETTINGS.spekeCaFile.name, file)
  if (!more.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigurationError(`${SETTINGS.spekeCaFile.name}: ${file} has no certificate in PEM`)
  }
  return [...getCACertificates('default'), more]
}

function keyCertificate(arn: string, { certificateFile, keyFile }: CertificateFiles): KeyCertificate {
  const { name } = SETTINGS.spekeCertificates
  const [certificatePem, keyPem] = [read(name, certificateFile), read(name, keyFile)]
  let found: KeyCertificate | undefined
  try {
    found = { certificate: new X509Certificate(certificatePem), privateKey: createPrivateKey(keyPem) }
  } catch {
    throw new ConfigurationError(`${name}: the files of ${arn} are no certificate and no private key in PEM`)
  }
  const { certificate, privateKey } = found
  if (privateKey.asymmetricKeyType !== 'rsa' || !certificate.checkPrivateKey(privateKey)) {
    throw new ConfigurationError(`${name}: ${keyFile} is not the private key, of RSA, of ${certificateFile}`)
  }
  return found
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`${setting}: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}
