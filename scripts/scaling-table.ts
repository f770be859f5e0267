/** The arithmetic of docs/scaling.md: its last table follows from those before it. */

const SECONDS_PER_DAY = 86_400
const DAYS_PER_MONTH = 30
const SCALES = [10, 1000, 10_000]
/** Of a database: one may be replaced while another fails. */
const LEAST_NODES = 3
const BEGIN = '<!-- Written by `npm run docs` from the tables above. -->'
const END = '<!-- End of what is written. -->'

type Column = { readonly name: string; readonly of: (channels: number) => number; readonly digits?: number }

/** The page with its last table computed from the others. Throws where one of these lacks a row. */
export function withScalingTable(page: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < from) throw new Error('docs/scaling.md has no place for its table')
  return `${page.slice(0, from)}${BEGIN}\n\n${tableOf(inputsOf(page.slice(0, from)))}\n\n${page.slice(to)}`
}

/** Values by the names in the first cells of rows. */
function inputsOf(text: string): (name: string) => number {
  const rows = [...text.matchAll(/^\| ([^|]+) \| ([\d.,]+) \|/gm)]
  const values = new Map(rows.map(([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))]))
  return (name) => {
    const value = values.get(name)
    if (value === undefined || Number.isNaN(value)) throw new Error(`docs/scaling.md has no row "${name}"`)
    return value
  }
}

function tableOf(input: (name: string) => number): string {
  const slotSeconds = input('seconds of a slot')
  const renditions = input('renditions of a channel')
  const megabits = input('megabits a second of a channel')
  const days = input('days kept')
  const busy = input('part of a core that a node may be busy')
  const segmentsIn = (channels: number) => (channels * renditions) / slotSeconds
  const segmentsOut = (channels: number) => segmentsIn(channels) * input('times that each segment is asked for')
  const playlistsOut = (channels: number) =>
    channels * renditions * input('playlists asked for a second, of each rendition')
  const asked = input('nodes that are asked for a channel')
  const slots = (channels: number) => channels / slotSeconds
  /** Of what nodes are asked for. */
  const askedCores = (channels: number) =>
    (segmentsIn(channels) * input('CPU of a segment and its playlist, one node') +
      segmentsOut(channels) * input('CPU of a live segment, one node') +
      playlistsOut(channels) * input('CPU of a live playlist, one node') +
      slots(channels) * (asked - 1) * input('CPU of a slot that another node takes in, watched')) /
    1000
  const atLeast = (cores: number) => Math.max(LEAST_NODES, Math.ceil(cores / busy))
  /** Of the notices that the other nodes of a database get. */
  const hearingCores = (channels: number) => {
    const others = Math.max(0, atLeast(askedCores(channels) / databases(channels)) - asked)
    return (slots(channels) * others * input('CPU of a slot that another node takes in')) / 1000
  }
  const cores = (channels: number) => askedCores(channels) + hearingCores(channels)
  const nodes = (channels: number) => databases(channels) * atLeast(cores(channels) / databases(channels))
  const transactions = (channels: number) => slots(channels) * input('transactions of a slot of 5 renditions, one node')
  const wal = (channels: number) => (slots(channels) * input('WAL of a slot of 5 renditions, one node')) / 1024 / 1024
  const index = (channels: number) =>
    (channels * days * input('fortnight in PostgreSQL, database per channel-day')) / 1024 / 1024
  const stored = (channels: number) => (channels * megabits * SECONDS_PER_DAY * days) / 8 / 1e6
  const gets = (channels: number) => segmentsIn(channels) * asked
  const monthly = (perSecond: number) => perSecond * SECONDS_PER_DAY * DAYS_PER_MONTH
  const databases = (channels: number) =>
    Math.ceil(
      Math.max(
        transactions(channels) / input('transactions a second of a database'),
        wal(channels) / input('WAL of a database, MiB a second'),
        index(channels) / input('index of a database, TiB'),
      ),
    )
  const columns: readonly Column[] = [
    { name: 'segments taken in a second', of: segmentsIn },
    { name: 'requests to nodes a second', of: (n) => 2 * segmentsIn(n) + segmentsOut(n) + playlistsOut(n) },
    { name: 'databases', of: databases },
    { name: 'cores of all nodes', of: cores, digits: 1 },
    { name: 'of which to hear of other nodes', of: hearingCores, digits: 2 },
    { name: 'nodes of one core', of: nodes },
    { name: 'transactions a second', of: transactions },
    {
      name: 'cores of PostgreSQL',
      of: (n) => (segmentsIn(n) * input('CPU of a segment and its playlist, PostgreSQL')) / 1000,
      digits: 1,
    },
    { name: 'WAL, MiB a second', of: wal, digits: 1 },
    { name: 'index, TiB', of: index, digits: 2 },
    { name: 'media stored, TB', of: stored },
    { name: 'network from encoders, Gb/s', of: (n) => (n * megabits) / 1000, digits: 1 },
    {
      name: 'network to CDNs, Gb/s',
      of: (n) => (n * megabits * input('times that each segment is asked for')) / 1000,
      digits: 1,
    },
    { name: 'network between nodes and S3, Gb/s', of: (n) => (n * megabits * (1 + asked)) / 1000, digits: 1 },
    { name: 'S3 PUT a second', of: segmentsIn },
    { name: 'S3 GET a second', of: gets },
    { name: 'S3 PUT, $ a month', of: (n) => (monthly(segmentsIn(n)) / 1000) * input('1000 PUT') },
    { name: 'S3 GET, $ a month', of: (n) => (monthly(gets(n)) / 1000) * input('1000 GET') },
    { name: 'S3 storage, $ a month', of: (n) => stored(n) * 1000 * input('a GB-month') },
  ]
  const rows = columns.map(
    ({ name, of, digits = 0 }) => `| ${name} | ${SCALES.map((n) => text(of(n), digits)).join(' | ')} |`,
  )
  return [
    `| | ${SCALES.map((n) => `${text(n, 0)} channels`).join(' | ')} |`,
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const text = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
