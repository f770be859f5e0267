import { type Logger, pino } from 'pino'

/** Fields that are never written, up to two levels deep. */
const SECRETS = ['secretAccessKey', 's3SecretAccessKey', 'databaseUrl', 'password', 'authorization', 'credentials']

const LEVELS: Readonly<Record<string, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }

export type LogOptions = {
  readonly level: string
  readonly format: 'json' | 'text'
  /** Writes one line, which includes its line feed. */
  readonly write: (line: string) => void
}

/** Makes the server's log: one JSON object per line for machines, or one short sentence per line for people. */
export function openLog({ level, format, write }: LogOptions): Logger {
  const redact = { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' }
  const serializers = { error: pino.stdSerializers.err }
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact, serializers }
  return pino(options, { write: format === 'json' ? write : (line) => write(sentence(line)) })
}

function sentence(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown> & { time: string }
  const stack = (fields['error'] as { stack?: string } | undefined)?.stack
  if (stack) delete fields['error']
  const words = Object.entries(fields).map(([name, value]) => `${name}=${word(value)}`)
  const head = `${time.slice(11, 23)} ${LEVELS[String(level)] ?? String(level)} ${String(msg)}`
  return `${[head, ...words].join(' ')}\n${stack ? `${stack}\n` : ''}`
}

function word(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)
}
