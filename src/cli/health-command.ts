import { request as tlsRequest } from 'node:https'
import { type NamedAddress, publicAddresses } from '../config/listening.ts'
import { readSettings, type SettingSources } from '../config/read-settings.ts'
import { addressText, duration, InvalidValue } from '../config/value-kind.ts'
import { request as plainRequest } from '../node-http.ts'
import { CommandMisused, type Terminal } from './terminal.ts'

const POLL_MS = 200
/** Time for an answer. */
const ASK_MS = 5000
const MOST_BYTES = 4096

type Answer = { readonly isGood: boolean; readonly text: string }

/** Addresses that stand for all of this machine, and one of them. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/**
 * `windrow health`: resolves to 0 when `/readyz`, or with `--alive` `/healthz`, answers 200, else to 1. Without `--url`
 * it asks the server that the settings describe, on this machine. Throws CommandMisused or ConfigurationError.
 */
export async function healthCommand(
  words: readonly string[],
  sources: Omit<SettingSources, 'args'>,
  terminal: Terminal,
): Promise<number> {
  const { url, wait, alive, rest } = flagsOf(words)
  if (url !== undefined && rest.length > 0) throw new CommandMisused(`unexpected argument "${rest[0]}"`)
  const server = url ?? ownUrl({ ...sources, args: rest })
  const ask = () => answerOf(`${server}/${alive ? 'healthz' : 'readyz'}`, url === undefined)
  const until = terminal.now() + wait
  let answer = await ask()
  while (!answer.isGood && terminal.now() < until) {
    await terminal.sleep(POLL_MS)
    answer = await ask()
  }
  terminal.write(`${answer.text}\n`)
  return answer.isGood ? 0 : 1
}

/** The flags of this command, and what is left: settings, as of `windrow serve`. */
function flagsOf(words: readonly string[]) {
  const said = new Map<string, string>()
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const [, name = '', inline] = /^--(url|wait|alive)(?:=(.*))?$/s.exec(words[at]!) ?? []
    if (name === '') rest.push(words[at]!)
    else said.set(name, inline ?? (name === 'alive' ? '' : (words[++at] ?? '')))
  }
  const url = said.get('url')
  if (url !== undefined && !/^https?:\/\//.test(URL.parse(url)?.href ?? '')) {
    throw new CommandMisused('--url must be the URL of a server, such as https://live.example.com')
  }
  return { url: url?.replace(/\/+$/, ''), wait: waitOf(said.get('wait') ?? '0s'), alive: said.has('alive'), rest }
}

function waitOf(text: string): number {
  try {
    return duration.parse(text)
  } catch (error) {
    if (error instanceof InvalidValue) throw new CommandMisused(`--wait ${error.message}`)
    throw error
  }
}

function ownUrl(sources: SettingSources): string {
  const { address, isTls } = publicAddresses(readSettings(sources))[0] as NamedAddress
  const host = EVERYWHERE[address.host] ?? address.host
  return `${isTls ? 'https' : 'http'}://${addressText({ ...address, host })}`
}

/** Asks once. Of an own server the certificate is not compared: it is for another name than the address. */
async function answerOf(url: string, isOwn: boolean): Promise<Answer> {
  const options = { agent: false, signal: AbortSignal.timeout(ASK_MS) } as const
  return new Promise((resolve) => {
    const away = (error: NodeJS.ErrnoException) =>
      resolve({ isGood: false, text: `${url} does not answer (${error.code ?? error.message})` })
    const asked = url.startsWith('https:')
      ? tlsRequest(url, { ...options, rejectUnauthorized: !isOwn })
      : plainRequest(url, options)
    asked.once('error', away)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text = `${text}${chunk}`.slice(0, MOST_BYTES)
      })
      response.once('error', away)
      response.once('end', () => {
        const isGood = response.statusCode === 200
        resolve({ isGood, text: isGood ? text.trim() : `${url} answered ${response.statusCode}: ${text.trim()}` })
      })
    })
    asked.end()
  })
}
