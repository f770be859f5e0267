import type { YAMLMap } from 'yaml'
import type { Clock } from '../clock.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import { type FileText, readPrivateText } from '../config/private-file.ts'
import { ConfigurationError } from '../config/read-settings.ts'
import { yamlDocument, yamlParser } from '../config/yaml-document.ts'
import type { Log } from '../log.ts'
import { type SecretStore, SecretStoreFailed, type StoredSecret } from './secret-store.ts'

/** Some hundred secrets: YAML is parsed at a megabyte a second. */
const MOST_BYTES = 128 * 1024

/** Interval at which it is looked whether the file has changed. */
export const FILE_FRESH_MS = 1000

type Versions = Pick<StoredSecret, 'current' | 'previous'>

/**
 * Secrets in a file of YAML or JSON: `secrets: {<ARN>: {current, previous}}`. While the file cannot be read, or not be
 * understood, what it last said stands, as of then.
 */
export class SecretsFile implements SecretStore {
  private readonly file: string
  private readonly clock: Clock
  private readonly log: Log
  private readonly reading = new SingleFlight<void>()
  /** What was last logged about the file, which is not logged again. */
  private warned = ''
  /** The text that could not be understood: many secrets are asked for, and each would have it parsed again. */
  private refused: { readonly source: FileText; readonly error: unknown } | undefined
  private read: { readonly source: FileText; readonly byArn: ReadonlyMap<string, Versions>; asOf: number } | undefined

  constructor(file: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.file = file
    this.clock = clock
    this.log = log
  }

  /** Reads the file. Throws ConfigurationError where that is not possible. */
  async open(): Promise<void> {
    const known = this.refused?.source ?? this.read?.source
    const source = await readPrivateText(this.file, { known, mostBytes: MOST_BYTES })
    if (!source) throw new ConfigurationError(`${this.file} does not exist`)
    if (source === this.refused?.source) throw this.refused.error
    const byArn = source === this.read?.source ? this.read.byArn : this.parsed(source)
    this.read = { source, byArn, asOf: this.clock() }
    this.refused = undefined
  }

  private parsed(source: FileText): ReadonlyMap<string, Versions> {
    try {
      return parseSecrets(source.text, this.file)
    } catch (error) {
      this.refused = { source, error }
      throw error
    }
  }

  async get(arn: string): Promise<StoredSecret | undefined> {
    await this.reading.run('', () =>
      this.open().then(
        () => this.note(''),
        (error: Error) => this.note(error.message),
      ),
    )
    if (!this.read) throw new SecretStoreFailed(`The file ${this.file} cannot be read.`)
    const { byArn, asOf } = this.read
    const versions = byArn.get(arn)
    return versions && { ...versions, freshMs: FILE_FRESH_MS, asOf }
  }

  private note(reason: string): void {
    if (reason !== '' && reason !== this.warned) {
      const fields = { event: 'secrets-file-unreadable', file: this.file, reason } as const
      this.log.warn(fields, 'the file of secrets cannot be read; what it last said stands for an hour')
    }
    this.warned = reason
  }
}

/** Parses the file. Throws ConfigurationError, which names the place and no value. */
export function parseSecrets(text: string, file: string): ReadonlyMap<string, Versions> {
  const { isMap, isScalar } = yamlParser()
  const wrong = (what: string) => new ConfigurationError(`${file}: ${what}`)
  const { errors, contents } = yamlDocument(text) ?? {}
  const [problem] = errors ?? []
  if (!errors || problem) throw wrong(`not valid YAML (${problem?.code ?? 'TOO_DEEP'})`)
  const secrets: unknown = isMap(contents) && contents.items.length === 1 ? contents.get('secrets', true) : undefined
  if (isScalar(secrets) && secrets.value === '') return new Map()
  if (!isMap(secrets)) throw wrong('must be secrets: {<ARN>: {current: …, previous: …}}')
  const byArn = new Map<string, Versions>()
  for (const { key, value } of secrets.items) {
    const arn = textOf(key)
    const place = `entry ${byArn.size + 1}`
    if (arn === undefined || !/^arn:[^:]{1,64}:secretsmanager:/.test(arn))
      throw wrong(`${place} has no ARN of a secret`)
    if (!isMap(value)) throw wrong(`${place} must be {current: …, previous: …}`)
    const versions: { current?: string; previous?: string } = {}
    for (const { key: label, value: version } of value.items) {
      const name = textOf(label)
      const given = isMap(version) ? documentText(version) : textOf(version)
      if (name !== 'current' && name !== 'previous') throw wrong(`${place} may have current and previous alone`)
      if (given === undefined) throw wrong(`${name} of ${place} must be a text, or a document of texts`)
      versions[name] = given
    }
    if (versions.current === undefined) throw wrong(`${place} has no current`)
    byArn.set(arn, versions)
  }
  return byArn
}

function textOf(node: unknown): string | undefined {
  return yamlParser().isScalar<string>(node) ? node.value : undefined
}

/** The JSON document of AWS that is written as a map. */
function documentText({ items }: YAMLMap): string | undefined {
  const pairs = items.map(({ key, value }) => [textOf(key), textOf(value)] as const)
  if (pairs.some(([name, value]) => name === undefined || value === undefined)) return undefined
  return JSON.stringify(Object.fromEntries(pairs as [string, string][]))
}
