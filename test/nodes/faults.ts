/** What befalls the nodes and their stores, one after the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from '../judges/random.ts'
import type { Fault } from '../servers/fault-proxy.ts'
import type { Cluster } from './cluster.ts'

export type Misfortune = { readonly name: string; befall(cluster: Cluster): Promise<void> }

const kill = (n: number): Misfortune => ({ name: `node ${n} killed`, befall: (cluster) => cluster.killNode(n, 2_000) })
const freeze = (n: number): Misfortune => ({
  name: `node ${n} frozen for 10 s`,
  befall: (cluster) => cluster.freezeNode(n, 10_000),
})

const LIES: readonly Fault[] = [
  'flipped answer',
  'half answer',
  'stalled answer',
  'lost answer',
  'flipped byte',
  'half body',
  'reset',
  '500',
]

/** One request in four. */
const lying = (random: Random) => async () => (random.next() < 0.25 ? random.pick(LIES) : undefined)
const throttling = (random: Random) => async (): Promise<Fault | undefined> =>
  random.next() < 0.5 ? 'slow down' : undefined
const slow = (random: Random) => async () => {
  await sleep(random.integer(200, 1_500))
  return undefined
}

/** Every kind of misfortune, each node in turn. */
export function misfortunes(seed: number): readonly Misfortune[] {
  const random = seededRandom(seed)
  const s3 = (name: string, ms: number, choose: (random: Random) => () => Promise<Fault | undefined>): Misfortune => ({
    name: `S3 ${name} for ${ms / 1000} s`,
    befall: (cluster) => cluster.troubleS3(ms, choose(random)),
  })
  return [
    kill(0),
    freeze(1),
    { name: 'PostgreSQL restarted', befall: (cluster) => cluster.restartDatabase(1_000) },
    kill(1),
    { name: 'S3 stopped for 20 s', befall: (cluster) => cluster.stopS3(20_000) },
    freeze(2),
    { name: 'PostgreSQL killed', befall: (cluster) => cluster.killDatabase(1_000) },
    kill(2),
    s3('slow', 15_000, slow),
    freeze(0),
    { name: 'PostgreSQL frozen for 5 s', befall: (cluster) => cluster.freezeDatabase(5_000) },
    s3('lying', 15_000, lying),
    s3('throttling', 15_000, throttling),
  ]
}
