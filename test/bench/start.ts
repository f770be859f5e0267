import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { residentMemory } from '../judges/memory.ts'
import { start, temporaryFolder, words } from '../judges/processes.ts'
import { cpuSeconds, type Measure, median, SERVED_ON } from './measure.ts'

const ROUNDS = 7
/** After which nothing is done that is only done once. */
const SETTLED_MS = 2000
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const READY = 'is ready'
/** What no server of Node with a database can do without. */
const BARE = `
  import { createServer } from 'node:http'
  import { DatabaseSync } from 'node:sqlite'
  new DatabaseSync(process.argv.at(-1) + '/bare.sqlite').exec('CREATE TABLE bare (id INTEGER)')
  createServer().listen(0, '127.0.0.1', () => console.log('${READY}'))
`
const FLAGS = words('--listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0')
const OURS = (data: string) => [MAIN, 'serve', '--data', data, ...FLAGS]
const BARES = (data: string) => ['--input-type=module', '--eval', BARE, data]

type Begun = { readonly ms: number; readonly cpuMs: number; readonly mebibytes: number }

/** The start of a server with an empty data folder: until it is ready, and what it takes when idle then. */
export async function benchStart(): Promise<Measure[]> {
  const [ours, bare]: [Begun[], Begun[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await begun(OURS))
    bare.push(await begun(BARES))
  }
  const cpu = median(ours.map(({ cpuMs }) => cpuMs))
  const measure = (name: string, unit: string, figure: (each: Begun) => number, note?: string): Measure => {
    const [value, peerValue] = [median(ours.map(figure)), median(bare.map(figure))]
    return { name, value, unit, peer: 'bare Node', peerValue, ratio: peerValue / value, ...(note && { note }) }
  }
  return [
    measure('start', 'ms', ({ ms }) => ms, `${cpu.toFixed(0)} ms of CPU`),
    measure('memory when idle', 'MiB', ({ mebibytes }) => mebibytes),
  ]
}

async function begun(args: (data: string) => readonly string[]): Promise<Begun> {
  const [command = '', ...under] = SERVED_ON
  const from = performance.now()
  const { child, said, ended } = start(command, [...under, process.execPath, ...args(temporaryFolder('start'))])
  const ms = await new Promise<number>((resolve, reject) => {
    child.stdout!.on('data', () => said().includes(READY) && resolve(performance.now() - from))
    child.once('close', () => reject(new Error(`it ended before it was ready:\n${said()}`)))
  })
  const pid = child.pid!
  const cpuMs = 1000 * cpuSeconds(pid)
  await sleep(SETTLED_MS)
  const mebibytes = residentMemory(pid).now
  child.kill('SIGKILL')
  await ended
  return { ms, cpuMs, mebibytes }
}
