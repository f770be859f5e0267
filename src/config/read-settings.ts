import { type CopySettings, copySettingList } from './copy-settings.ts'
import type { EffectiveSetting, SettingSource } from './effective-setting.ts'
import type { Setting } from './setting.ts'
import { environmentName, SETTINGS, type Settings, settingList } from './settings.ts'
import { InvalidValue } from './value-kind.ts'
import { yamlDocument, yamlParser } from './yaml-document.ts'

/** Lines of a file of settings: more than there are settings, and what is said of them. */
const MOST_LINES = 1000

/** Thrown for a setting that cannot be used. The message is one line and names where the setting came from. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** A value given for a setting, and its origin: `--listen`, `WINDROW_LISTEN`, `windrow.yaml:3: listen`. */
type Said = { readonly text: string; readonly where: string; readonly source: SettingSource }
type SaidByName = Map<string, Said>

export type SettingSources = {
  /** Arguments after the command. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
}

type SettingList = readonly (readonly [string, Setting<unknown>])[]

/**
 * Reads all settings. Flags override the environment, which overrides the file, which overrides the defaults. Throws
 * ConfigurationError.
 */
export function readSettings(sources: SettingSources): Settings {
  return checked(readAll(settingList, sources) as Settings)
}

/** Reads the settings of `windrow archive copy`, as `readSettings` does. */
export function readCopySettings(sources: SettingSources): Settings & CopySettings {
  const settings = readAll([...settingList, ...copySettingList], sources) as Settings & CopySettings
  checked(settings)
  const { toDataFolder, toDatabaseUrl, toArchiveBucket } = settings
  const needed = toDataFolder === undefined ? 2 : 0
  const given = [toDatabaseUrl, toArchiveBucket].filter((each) => each !== undefined).length
  if (given === needed) return settings
  throw new ConfigurationError(
    'say where the copy is to be: --to-data DIR, or both WINDROW_TO_DATABASE_URL and --to-archive-bucket BUCKET/PREFIX',
  )
}

/** Every setting, in the order in which they are documented. Throws ConfigurationError. */
export function settingsInEffect(sources: SettingSources): readonly EffectiveSetting[] {
  const said = readSaid(settingList, sources)
  return settingList.map(([, setting]) => {
    const { name, says } = setting
    const isSecret = setting.secret === true
    const given = said.get(name)
    const common = { name, isSecret, says, otherwise: 'default' in setting ? setting.default : setting.otherwise }
    if (given) {
      const { source, text, where } = given
      return { ...common, source, where: where.replace(`: ${name}`, ''), value: isSecret ? undefined : text }
    }
    if ('default' in setting) {
      return { ...common, source: 'DEFAULT', where: 'default', value: isSecret ? undefined : setting.default }
    }
    return { ...common, source: 'UNSET', where: 'unset' }
  })
}

function readAll(list: SettingList, sources: SettingSources): unknown {
  const said = readSaid(list, sources)
  return Object.fromEntries(list.map(([key, setting]) => [key, settle(setting, said.get(setting.name))]))
}

function readSaid(list: SettingList, { args, env, readFile }: SettingSources): SaidByName {
  const direct = new Map([...readEnvironment(list, env), ...readFlags(list, args)])
  const file = direct.get(SETTINGS.configFile.name)
  return file ? new Map([...readYaml(list, file, readFile), ...direct]) : direct
}

function checked(settings: Settings): Settings {
  demandPair(settings, 'accessKeyId', 'secretAccessKey')
  demandPair(settings, 's3AccessKeyId', 's3SecretAccessKey')
  demandPair(settings, 'webhookUrl', 'webhookSecret')
  demandPair(settings, 'databaseUrl', 'archiveBucket', FORMS)
  demandOther(settings, 'cacheFolder', 'archiveBucket')
  demandOther(settings, 'accel', 'trustedProxies')
  demandFiles(settings)
  if (settings.archiveBucket !== undefined) demandSharedBuckets(settings)
  demandCertificates(settings)
  return settings
}

function settle(setting: Setting<unknown>, said: Said | undefined): unknown {
  if (!said) return 'default' in setting ? setting.kind.parse(setting.default) : undefined
  try {
    return setting.kind.parse(said.text)
  } catch (error) {
    if (error instanceof InvalidValue) throw new ConfigurationError(`${said.where} ${error.message}`)
    throw error
  }
}

function demandOther(settings: Settings, has: keyof Settings, lacks: keyof Settings): void {
  if (settings[has] === undefined || settings[lacks] !== undefined) return
  throw new ConfigurationError(`${SETTINGS[has].name} is set without ${SETTINGS[lacks].name}, which it needs`)
}

/** Who listens with TLS has certificates, and for each a key; who does not listen without TLS listens with it. */
function demandCertificates(settings: Settings): void {
  const { listen, tlsListen, tlsCertificate, tlsKey } = settings
  demandPair(settings, 'tlsCertificate', 'tlsKey')
  demandOther(settings, 'tlsListen', 'tlsCertificate')
  demandOther(settings, 'controlTlsListen', 'tlsCertificate')
  if (settings.controlTlsListen === undefined) demandOther(settings, 'tlsCertificate', 'tlsListen')
  if (listen === 'none' && tlsListen === undefined) {
    throw new ConfigurationError(`${SETTINGS.listen.name} is none without ${SETTINGS.tlsListen.name}, which it needs`)
  }
  const [certificates, keys] = [tlsCertificate?.length ?? 0, tlsKey?.length ?? 0]
  if (certificates === keys) return
  throw new ConfigurationError(
    `${SETTINGS.tlsCertificate.name} has ${certificates} files and ${SETTINGS.tlsKey.name} ${keys}: each has one key`,
  )
}

/** nginx sends files, and where the archive is in a bucket there are none. */
function demandFiles({ accel, archiveBucket }: Settings): void {
  if (accel === undefined || archiveBucket === undefined) return
  throw new ConfigurationError(
    `${SETTINGS.accel.name} is set with ${SETTINGS.archiveBucket.name}: ${accel} can send files of the data folder only, ` +
      'and the media of an archive bucket are in none; leave one of them out',
  )
}

/** Any node may take over a harvest job, or be asked about its objects. */
function demandSharedBuckets({ harvestStore }: Settings): void {
  if (harvestStore === 's3') return
  const { archiveBucket, harvestStore: store } = SETTINGS
  throw new ConfigurationError(
    `${archiveBucket.name} is set, but ${store.name} is ${harvestStore}, which other nodes cannot see: set it to s3`,
  )
}

/** Which forms there are, with a database and a bucket or with neither. */
const FORMS =
  'set both to run any number of nodes over PostgreSQL and S3, or neither to keep everything in the data folder'

function demandPair(
  settings: Settings,
  one: keyof Settings,
  other: keyof Settings,
  advice = 'set both or neither',
): void {
  if ((settings[one] === undefined) === (settings[other] === undefined)) return
  const [has, lacks] = settings[one] === undefined ? [other, one] : [one, other]
  throw new ConfigurationError(`${SETTINGS[has].name} is set without ${SETTINGS[lacks].name}; ${advice}`)
}

/** Reads the environment. An empty variable counts as unset, since container tools often write one. */
function readEnvironment(list: SettingList, env: SettingSources['env']): SaidByName {
  const said: SaidByName = new Map()
  for (const [, setting] of list) {
    const where = environmentName(setting)
    const text = env[where]
    if (text !== undefined && text !== '') said.set(setting.name, { text, where, source: 'ENVIRONMENT' })
  }
  return said
}

/** Reads `--name value` and `--name=value`; the last one wins. */
function readFlags(list: SettingList, args: readonly string[]): SaidByName {
  const said: SaidByName = new Map()
  for (let at = 0; at < args.length; at++) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(args[at]!) ?? []
    if (name === undefined) throw new ConfigurationError(`unexpected argument "${args[at]}"`)
    const setting = settingNamed(list, name)
    if (!setting) throw new ConfigurationError(`unknown flag --${name}${suggestion(list, name)}`)
    if (setting.secret) {
      throw new ConfigurationError(`${name} has no flag, because others could read it: use ${environmentName(setting)}`)
    }
    const text = inline ?? args[++at]
    if (text === undefined) throw new ConfigurationError(`--${name} needs a value: ${setting.kind.shape}`)
    said.set(name, { text, where: `--${name}`, source: 'FLAG' })
  }
  return said
}

/** Reads the file. All values are read as the text that is written, so that 000000000000 stays an account id. */
function readYaml(list: SettingList, file: Said, readFile: SettingSources['readFile']): SaidByName {
  const { isMap, isScalar, isSeq, LineCounter } = yamlParser()
  const lines = new LineCounter()
  const written = readText(file, readFile)
  if (written.split('\n', MOST_LINES + 1).length > MOST_LINES) {
    throw new ConfigurationError(`${file.text}: more than ${MOST_LINES} lines`)
  }
  const document = yamlDocument(written, lines)
  if (!document) throw new ConfigurationError(`${file.text}: nested too deeply, or too many anchors`)
  const at = (offset: number) => `${file.text}:${lines.linePos(offset).line}:`

  const problem = document.errors[0]
  if (problem) throw new ConfigurationError(`${at(problem.pos[0])} not valid YAML (${problem.code})`)
  const said: SaidByName = new Map()
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === '')) return said
  if (!isMap(document.contents)) throw new ConfigurationError(`${file.text}: must be a list of "name: value" lines`)

  for (const { key, value } of document.contents.items) {
    if (!isScalar<string>(key)) throw new ConfigurationError(`${file.text}: a key must be a plain name`)
    const where = `${at(key.range?.[0] ?? 0)} ${key.value}`
    const setting = settingNamed(list, key.value)
    if (!setting)
      throw new ConfigurationError(`${at(key.range?.[0] ?? 0)} unknown key ${key.value}${suggestion(list, key.value)}`)
    if (setting.notInFile) throw new ConfigurationError(`${where} cannot be set in the file it names`)
    const texts = isSeq(value) ? value.items : [value]
    if (!texts.every((each) => isScalar<string>(each))) {
      throw new ConfigurationError(`${where} must be a plain value, such as ${setting.kind.shape}: no map, no alias`)
    }
    said.set(setting.name, { text: texts.map((each) => each.value).join(','), where, source: 'FILE' })
  }
  return said
}

function readText(file: Said, readFile: SettingSources['readFile']): string {
  try {
    return readFile(file.text)
  } catch (error) {
    throw new ConfigurationError(`${file.where}: cannot read ${file.text}: ${(error as Error).message}`)
  }
}

function settingNamed(list: SettingList, name: string): Setting<unknown> | undefined {
  return list.find(([, setting]) => setting.name === name)?.[1]
}

/** The setting that `name` was probably meant to be: one edit away, or one is a prefix of the other. */
function suggestion(list: SettingList, name: string): string {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, '')
  const near = list.find(([, setting]) => {
    const other = setting.name.replaceAll('-', '')
    return other === plain || other.startsWith(plain) || plain.startsWith(other) || isOneEditAway(other, plain)
  })
  return near ? `; did you mean ${near[1].name}?` : ''
}

function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const restOfA = a.slice(same)
  const restOfB = b.slice(same)
  return restOfA.slice(1) === restOfB.slice(1) || restOfA.slice(1) === restOfB || restOfA === restOfB.slice(1)
}
