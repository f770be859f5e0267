/** The program: arguments, signals, exit codes. It alone reads the clock and the environment. */
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CopyFailed } from './archive-copy/copy-failed.ts'
import type { CopyProgress } from './archive-copy/progress.ts'
import { BackupFailed } from './backup/backup-failed.ts'
import type { BackupDisplay } from './cli/backup-display.ts'
import { CommandFailed, CommandMisused, type Terminal } from './cli/terminal.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { isOpenToGuessing, loadKeyPair } from './config/credentials.ts'
import { limited } from './config/effective-setting.ts'
import { helpText } from './config/help.ts'
import { apiAddresses } from './config/listening.ts'
import { ConfigurationError, readCopySettings, readSettings, settingsInEffect } from './config/read-settings.ts'
import { ReadyFile } from './config/ready-file.ts'
import { readyText } from './config/ready-text.ts'
import { SETTINGS, type Settings } from './config/settings.ts'
import { type DescriptorNeeds, fittingConnections } from './http/descriptors.ts'
import { utcMs } from './media/time.ts'
import { MOST_TIMES_REMOTE } from './stores/buckets.ts'
import { MOST_PIECE_BYTES } from './stores/objects.ts'
import { DatabaseRefused } from './stores/resources.ts'

const FAILED = 1
const MISUSED = 2

const wall: Clock = () => utcMs(Date.now())
const monotonic = () => performance.now()

endWithLauncher()

/** By its name, what a command does; a number is its exit code. */
const COMMANDS: ReadonlyMap<string, (words: readonly string[]) => Promise<unknown>> = new Map(
  Object.entries({ archive, backup, clip, config, feed, harvest, health, restore, rule, schedule, serve }),
)

const [name = 'help', ...args] = process.argv.slice(2)
const command = COMMANDS.get(name)
if (['help', '--help', '-h'].includes(name) || args.includes('--help') || args.includes('-h')) {
  process.stdout.write(helpText())
} else if (['version', '--version', '-v'].includes(name)) {
  process.stdout.write(`${version()}\n`)
} else if (command) {
  const code = await command(args).catch(giveUp)
  if (typeof code === 'number') process.exitCode = code
} else {
  giveUp(new ConfigurationError(`unknown command "${name}"; see "windrow help"`))
}

/** Ends this process as soon as the launcher that started it has ended, however that ended. */
function endWithLauncher(): void {
  const pipe = process.env['WINDROW_LAUNCHER_PIPE']
  delete process.env['WINDROW_LAUNCHER_PIPE']
  if (pipe === undefined) return
  const socket = new Socket({ fd: Number(pipe) })
  socket.on('error', () => {})
  socket.on('close', () => process.exit(FAILED))
  socket.resume()
  socket.unref()
}

async function serve(flags: readonly string[]): Promise<void> {
  let reload = () => {}
  // By default it would end a server that is starting, and has yet to read what may have changed.
  process.on('SIGHUP', () => reload())
  const sources = { args: flags, env: process.env, readFile }
  const { accessKeyId, secretAccessKey, ...settings } = readSettings(sources)
  let inEffect = settingsInEffect(sources)
  const dataFolder = resolve(settings.dataFolder)
  const openFiles = openFilesLimit()
  const maxConnections = fittingConnections(openFiles, descriptorNeeds(settings))
  const keys = await loadKeyPair({ dataFolder, accessKeyId, secretAccessKey })
  const config: Config = { ...settings, dataFolder, maxConnections, credentials: keys.pair }
  // With what only a server needs, the other commands would start later.
  const { openLog } = await import('./pino-log.ts')
  const asText = config.logFormat === 'text' || (config.logFormat === 'auto' && process.stderr.isTTY)
  const log = openLog({
    level: config.logLevel,
    format: asText ? 'text' : 'json',
    write: (line) => process.stderr.write(line),
  })
  const isOpen = apiAddresses(config).some(({ address }) => isOpenToGuessing(keys.pair, address))
  if (config.roles.has('control') && isOpen) {
    log.warn(
      { event: 'access-key-short' },
      'access-key-id or secret-access-key has less than 16 characters: it can be guessed',
    )
  }
  if (maxConnections < settings.maxConnections) {
    inEffect = limited(inEffect, SETTINGS.maxConnections.name, String(maxConnections))
    log.warn(
      { event: 'max-connections-reduced', maxConnections, wanted: settings.maxConnections, openFiles },
      'max-connections is reduced: the process may not open enough files for more; raise the limit (ulimit -n)',
    )
  }
  process.on('uncaughtException', (error) => {
    log.error({ event: 'unexpected-error', error }, 'stopping because of an unexpected error')
    process.exit(FAILED)
  })

  const readyFile = new ReadyFile(settings.readyFile)
  readyFile.remove()
  const { startTracing } = await import('./spans.ts')
  await startTracing()
  const { startServer } = await import('./server.ts')
  const machine = { wall, monotonic }
  const server = await startServer(config, { machine, log, version: version(), settings: inEffect })
  reload = () => {
    log.info({ event: 'reloading' }, 'reloading: opening logs anew, and reading certificates and secrets anew')
    void server.reload()
  }
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(FAILED)
    stopping = true
    readyFile.remove()
    log.info({ event: 'stopping', signal }, 'stopping: finishing the work in flight; a second signal stops at once')
    // A failure to stop is left to uncaughtException.
    void server.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  readyFile.write(server.apiUrl)
  process.stdout.write(readyText(config, keys, server))
}

/** The soft limit of open files, which Node has raised to the hard one. */
function openFilesLimit(): number {
  // Without this, the report looks up the names of remote addresses.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const limit = Number(userLimits?.open_files?.soft)
  return limit > 0 ? limit : Number.POSITIVE_INFINITY
}

/** What takes descriptors: connections, files sent on them, and the files and sockets of harvests and the database. */
function descriptorNeeds(settings: Omit<Settings, 'accessKeyId' | 'secretAccessKey'>): DescriptorNeeds {
  const { maxConnections, sendMemoryBytes, harvestWorkers, harvestConcurrency, databaseConnections } = settings
  const times = settings.harvestStore === 's3' ? MOST_TIMES_REMOTE : 1
  return {
    maxConnections,
    streams: Math.ceil(sendMemoryBytes / MOST_PIECE_BYTES),
    workFiles: 3 * harvestWorkers * harvestConcurrency * times + databaseConnections,
  }
}

async function harvest(words: readonly string[]): Promise<number> {
  const { harvestCommand } = await import('./cli/harvest-command.ts')
  const { bucketsRead } = await import('./configured-reader.ts')
  const bucketsWith = (flags: readonly string[]) => bucketsRead({ args: flags, env: process.env, readFile })
  return harvestCommand(words, { env: process.env, terminal: terminal(), bucketsWith })
}

async function schedule(words: readonly string[]): Promise<void> {
  const { scheduleCommand } = await import('./cli/schedule-command.ts')
  await scheduleCommand(words, process.env, terminal())
}

async function rule(words: readonly string[]): Promise<void> {
  const { ruleCommand } = await import('./cli/rule-command.ts')
  await ruleCommand(words, process.env, terminal())
}

async function clip(words: readonly string[]): Promise<void> {
  const { clipCommand } = await import('./cli/clip-command.ts')
  await clipCommand(words, process.env, terminal())
}

async function feed(words: readonly string[]): Promise<void> {
  const { feedCommand } = await import('./cli/feed-command.ts')
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
  const sleep = (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal })
  const pace = { now: wall, sleep }
  await feedCommand(words, { env: process.env, terminal: terminal(), pace, stop: interruption.signal })
}

async function archive([name, ...flags]: readonly string[]): Promise<void> {
  if (name !== 'copy') throw new CommandMisused('windrow archive needs copy; see "windrow help"')
  const settings = readCopySettings({ args: flags, env: process.env, readFile })
  const { copyConfigured } = await import('./configured-copy.ts')
  const { CopyDisplay } = await import('./cli/copy-display.ts')
  const display = new CopyDisplay(terminal())
  const report = await copyConfigured(settings, (progress) => display.progress(progress)).catch((error: unknown) => {
    display.failed()
    throw error
  })
  display.finished(report, settings.only)
}

async function backup(words: readonly string[]): Promise<number> {
  const { backupRequest } = await import('./cli/backup-flags.ts')
  const request = backupRequest(words, process.env)
  const { backUpConfigured, verifyConfigured } = await import('./configured-backup.ts')
  return shown(async (display, options) => {
    if (!request.verifies) {
      display.backedUp(await backUpConfigured(request, options))
      return 0
    }
    const report = await verifyConfigured(request, options)
    display.verified(report)
    return report.faults === 0 ? 0 : FAILED
  })
}

async function restore(words: readonly string[]): Promise<number> {
  const { restoreRequest } = await import('./cli/backup-flags.ts')
  const request = restoreRequest(words)
  const { restoreConfigured } = await import('./configured-backup.ts')
  return shown(async (display, options) => {
    const report = await restoreConfigured(request, options)
    if ('faults' in report) {
      display.verified(report)
      return report.faults === 0 ? 0 : FAILED
    }
    display.restored(report)
    return report.missing === 0 ? 0 : FAILED
  })
}

/** Runs a command on a backup, and shows how far it is. */
async function shown(
  run: (
    display: BackupDisplay,
    options: { now: () => number; progress: (progress: CopyProgress) => void },
  ) => Promise<number>,
): Promise<number> {
  const { BackupDisplay } = await import('./cli/backup-display.ts')
  const display = new BackupDisplay(terminal())
  try {
    return await run(display, { now: wall, progress: (progress) => display.progress(progress) })
  } catch (error) {
    display.failed()
    throw error
  }
}

async function health(words: readonly string[]): Promise<number> {
  const { healthCommand } = await import('./cli/health-command.ts')
  return healthCommand(words, { env: process.env, readFile }, terminal())
}

async function config([name, ...flags]: readonly string[]): Promise<void> {
  if (name !== 'check') throw new CommandMisused('windrow config needs check; see "windrow help"')
  const { checkConfiguration } = await import('./configured-check.ts')
  await checkConfiguration({ args: flags, env: process.env, readFile }, wall, (text) => process.stdout.write(text))
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8')
}

function terminal(): Terminal {
  return {
    isTerminal: process.stdout.isTTY,
    columns: process.stdout.columns || 120,
    write: (text) => process.stdout.write(text),
    now: wall,
    sleep: (ms) => setTimeout(ms),
  }
}

function giveUp(error: Error & { code?: string; syscall?: string }): never {
  const misused = error instanceof ConfigurationError || error instanceof CommandMisused
  const isOfCommand = error instanceof CommandFailed || error instanceof CopyFailed || error instanceof BackupFailed
  const expected = misused || isOfCommand || error instanceof DatabaseRefused || error.code !== undefined
  process.stderr.write(`windrow: ${expected ? error.message : (error.stack ?? error.message)}\n`)
  process.exit(misused ? MISUSED : FAILED)
}

function version(): string {
  const about = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(about) as { version: string }).version
}
