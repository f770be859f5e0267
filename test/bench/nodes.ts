import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchBytes } from '../judges/playlists.ts'
import {
  type Channel,
  countOf,
  cpuOfNodes,
  cpuOfStores,
  type Deployment,
  deploy,
  type Form,
  programmeLoop,
  RENDITIONS,
  remove,
  restart,
  type Stores,
  segmentPaths,
  startStores,
} from './deployments.ts'
import { load } from './get-load.ts'
import { type Measure, median } from './measure.ts'
import { followingMeasures } from './node-following.ts'
import { latencyMeasures } from './node-latency.ts'
import { requestMeasures } from './node-requests.ts'
import { transactionMeasures } from './node-transactions.ts'

const FORMS: readonly Form[] = ['embedded', 'one node', 'two nodes', 'three nodes']
/** For each node. */
const CHANNELS = 4
const ROUNDS = 3
/** Slots of each channel in a round. */
const SLOTS = 4
const SECONDS = 1.2
/** To each node. */
const CONNECTIONS = 8
const IDLE_MS = 6000
/** Interval at which each channel is asked for on some node while it is taken in. */
const WATCHED_MS = 100
const MEMORYLESS = { WINDROW_MEMORY_CACHE: '1B' }

/** CPU milliseconds. */
type Cost = { readonly nodes: number; readonly database: number; readonly s3: number }
type Work = {
  readonly name: string
  /** What is not measured. */
  readonly prepare?: (deployment: Deployment) => Promise<unknown>
  /** Resolves to how many there were. */
  readonly run: (deployment: Deployment, round: number) => Promise<number>
}
type Costs = ReadonlyMap<Form, Cost>

/**
 * What it costs to be a node of several, beside a node of one, and that beside the embedded form. All nodes have the
 * same load, so that what grows with their number, because each follows what the others do, shows as more for each
 * request; a node with less to do at a time would need more for each, whether there are others or not. What comes in is
 * spread channel by channel, as a balancer that goes by the path does it, and request by request; viewers are spread
 * request by request. What a deployment spends when it is idle is taken off.
 */
export async function benchNodes(): Promise<Measure[]> {
  const stores = await startStores()
  const loop = await programmeLoop()
  const deployments: Deployment[] = []
  try {
    for (const form of FORMS) deployments.push(await deploy(stores, loop, form, { channels: CHANNELS * countOf(form) }))
    const measures: Measure[] = []
    const measure = async (works: readonly Work[], warmUps: number) => {
      for (const { name, costs } of await costsOf(stores, deployments, works, warmUps))
        measures.push(...compared(name, costs))
    }
    await measure([PUTS, SPREAD_PUTS, WATCHED_PUTS, PLAYLISTS, LIVE_SEGMENTS], 1)
    measures.push(...(await latencyMeasures(deployments, loop)))
    measures.push(...(await transactionMeasures(deployments)))
    measures.push(...(await followingMeasures(deployments.find(({ form }) => form === 'two nodes')!, loop)))
    for (const each of deployments) await restart(each, () => MEMORYLESS)
    await measure([COLD_SEGMENTS], 1)
    for (const each of deployments) {
      // A process that is alone has its objects in files, and no cache of them.
      const isAlone = each.databaseUrl === undefined
      const cacheFolder = (dataFolder: string) => (isAlone ? {} : { WINDROW_CACHE_FOLDER: join(dataFolder, 'cache') })
      await restart(each, ({ dataFolder }) => ({ ...MEMORYLESS, ...cacheFolder(dataFolder) }))
    }
    await measure([FIRST_SEGMENTS, KEPT_SEGMENTS], 0)
    measures.push(...(await requestMeasures(stores, loop)))
    return measures
  } finally {
    await Promise.all(deployments.map(remove))
    await stores.stop()
  }
}

const pushAll = async ({ channels }: Deployment): Promise<number> => {
  await Promise.all(
    channels.map(async ({ pusher }) => {
      for (let slot = 0; slot < SLOTS; slot++) await pusher.pushNext()
    }),
  )
  return channels.length * SLOTS * RENDITIONS
}

/** All requests of a channel come to one node. */
const byChannel = async ({ nodes, channels }: Deployment): Promise<void> => {
  for (const [n, { pusher }] of channels.entries()) pusher.comeTo([nodes[n % nodes.length]!])
}

const PUTS: Work = { name: 'CPU of a segment and its playlist', prepare: byChannel, run: pushAll }

const SPREAD_PUTS: Work = {
  name: 'CPU of a segment and its playlist, request by request',
  async prepare({ nodes, channels }) {
    for (const { pusher } of channels) pusher.comeTo(nodes)
  },
  run: pushAll,
}

/** Each playlist is asked for on the next node: every node follows every channel. */
const WATCHED_PUTS: Work = {
  name: 'CPU of a segment and its playlist, watched',
  prepare: byChannel,
  async run(deployment) {
    let isOver = false
    const watching = deployment.channels.map(async ({ playlists }) => {
      for (let turn = 0; !isOver; turn++) {
        const node = deployment.nodes[turn % deployment.nodes.length]!
        await fetchBytes(`${node.url}${playlists[0]!}`)
        await sleep(WATCHED_MS)
      }
    })
    const count = await pushAll(deployment)
    isOver = true
    await Promise.all(watching)
    return count
  },
}

const PLAYLISTS: Work = {
  name: 'CPU of a live playlist',
  prepare: ({ nodes, channels }) => warm(nodes, channels[0]!.playlists),
  run: (deployment) => ask(deployment, deployment.channels[0]!.playlists),
}

const LIVE_SEGMENTS: Work = {
  name: 'CPU of a live segment',
  prepare: async (deployment) => warm(deployment.nodes, await livePaths(deployment)),
  run: async (deployment) => ask(deployment, await livePaths(deployment)),
}

/** A few of each rendition. */
async function livePaths(deployment: Deployment): Promise<readonly string[]> {
  const paths = await segmentPaths(deployment, deployment.channels[0]!)
  return paths.filter((_, n) => n % 4 === 0)
}

/** What is asked for repeatedly is kept in memory. */
async function warm(nodes: readonly { readonly url: string }[], paths: readonly string[]): Promise<void> {
  for (const { url } of nodes) for (const path of [...paths, ...paths, ...paths]) await fetchBytes(`${url}${path}`)
}

const COLD_SEGMENTS: Work = {
  name: 'CPU of a cold segment',
  run: async (deployment) => ask(deployment, await segmentPaths(deployment, deployment.channels[0]!)),
}

const FIRST_SEGMENTS: Work = {
  name: 'CPU of a cold segment, into the cache folder',
  run: async (deployment, round) => askOnce(deployment, await segmentPaths(deployment, channelOf(deployment, round))),
}

const KEPT_SEGMENTS: Work = {
  name: 'CPU of a cold segment, from the cache folder',
  run: async (deployment, round) => ask(deployment, await segmentPaths(deployment, channelOf(deployment, round))),
}

const channelOf = ({ channels }: Deployment, round: number): Channel => channels[round % channels.length]!

/** Asks all nodes, in a closed loop. */
async function ask({ nodes }: Deployment, paths: readonly string[]): Promise<number> {
  const one = { paths, connections: CONNECTIONS, seconds: SECONDS }
  const figures = await Promise.all(nodes.map(({ url }) => load({ origin: url, ...one })))
  return figures.reduce((sum, { answers }) => sum + answers, 0)
}

/** Asks each node for each path once. */
async function askOnce({ nodes }: Deployment, paths: readonly string[]): Promise<number> {
  for (let first = 0; first < paths.length; first += CONNECTIONS) {
    const some = paths.slice(first, first + CONNECTIONS)
    const one = { paths: some, connections: some.length, seconds: 0 }
    for (const { url } of nodes) await load({ origin: url, ...one })
  }
  return paths.length * nodes.length
}

/** The medians of all rounds, which every deployment has in turn. */
async function costsOf(stores: Stores, deployments: readonly Deployment[], works: readonly Work[], warmUps: number) {
  const found = works.map(() => new Map<Form, Cost[]>())
  let idle: ReadonlyMap<Form, Cost> = new Map()
  for (let round = -warmUps; round < ROUNDS; round++) {
    if (round === 0) idle = await idleCosts(stores, deployments)
    for (const [n, { name, prepare, run }] of works.entries()) {
      for (const deployment of deployments) {
        await prepare?.(deployment)
        const { form } = deployment
        const cost = await costOf(stores, deployment, () => run(deployment, Math.max(round, 0)), idle.get(form))
        if (round < 0) continue
        if (process.env['WINDROW_BENCH_ROUNDS'] !== undefined) console.log(`  ${name}, ${form}: ${texted(cost)}`)
        found[n]!.set(form, [...(found[n]!.get(form) ?? []), cost])
      }
    }
  }
  return works.map(({ name }, n) => ({
    name,
    costs: new Map([...found[n]!].map(([form, all]) => [form, medianOf(all)])),
  }))
}

const PARTS = ['nodes', 'database', 's3'] as const

const spentBy = (stores: Stores, deployment: Deployment): Cost => ({
  nodes: cpuOfNodes(deployment) * 1000,
  ...storesSpent(stores),
})

function storesSpent(stores: Stores): Pick<Cost, 'database' | 's3'> {
  const { database, s3 } = cpuOfStores(stores)
  return { database: database * 1000, s3: s3 * 1000 }
}

/** Of all parts for a millisecond, while nobody is asked for anything. */
async function idleCosts(stores: Stores, deployments: readonly Deployment[]): Promise<ReadonlyMap<Form, Cost>> {
  const before = deployments.map((deployment) => spentBy(stores, deployment))
  const began = performance.now()
  await sleep(IDLE_MS)
  const ms = performance.now() - began
  return new Map(
    deployments.map((deployment, n) => {
      const after = spentBy(stores, deployment)
      const [nodes, database, s3] = PARTS.map((part) => (after[part] - before[n]![part]) / ms)
      return [deployment.form, { nodes: nodes!, database: database!, s3: s3! }]
    }),
  )
}

/** CPU for each that was done, without what would have been spent anyway. */
async function costOf(
  stores: Stores,
  deployment: Deployment,
  run: () => Promise<number>,
  idle: Cost = { nodes: 0, database: 0, s3: 0 },
): Promise<Cost> {
  const [before, began] = [spentBy(stores, deployment), performance.now()]
  const count = await run()
  const [after, ms] = [spentBy(stores, deployment), performance.now() - began]
  const each = (part: keyof Cost) => Math.max(after[part] - before[part] - idle[part] * ms, 0) / count
  return { nodes: each('nodes'), database: each('database'), s3: each('s3') }
}

const medianOf = (costs: readonly Cost[]): Cost => ({
  nodes: median(costs.map(({ nodes }) => nodes)),
  database: median(costs.map(({ database }) => database)),
  s3: median(costs.map(({ s3 }) => s3)),
})

function compared(name: string, costs: Costs): Measure[] {
  const line = (form: Form, peer: Form): Measure => {
    const [cost, { nodes: peerValue }] = [costs.get(form)!, costs.get(peer)!]
    const note = `PostgreSQL ${cost.database.toPrecision(3)} ms, S3 server ${cost.s3.toPrecision(3)} ms`
    return {
      name: `${name}, ${form}`,
      value: cost.nodes,
      unit: 'ms',
      peer,
      peerValue,
      ratio: peerValue / cost.nodes,
      note,
    }
  }
  const { nodes, database } = costs.get('one node')!
  const ofDatabase = { name: `${name}, PostgreSQL`, unit: 'ms', peer: 'the node' }
  return [
    ...(name === PUTS.name ? [{ ...ofDatabase, value: database, peerValue: nodes, ratio: nodes / database }] : []),
    line('one node', 'embedded'),
    line('two nodes', 'one node'),
    line('three nodes', 'one node'),
  ]
}

const texted = ({ nodes, database, s3 }: Cost) =>
  `${nodes.toFixed(2)} ms, PostgreSQL ${database.toFixed(2)}, S3 ${s3.toFixed(2)}`
