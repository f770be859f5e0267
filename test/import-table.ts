import { importsOf, isTest, type SourceFile, withoutComments } from './source-tree.ts'

/** A row of ARCHITECTURE.md's table. */
type Room = { readonly name: string; readonly mayImport: readonly string[] }

export type ImportTable = {
  readonly rooms: readonly Room[]
  /** Files of the stores that are ports, without their ending. */
  readonly ports: readonly string[]
}

const PURE = ['media', 'manifests', 'model']
/** Types, and what is declared for them; every room outside the pure core may import them. */
const SHARED_TYPES = ['src/log.ts', 'src/clock.ts', 'src/metrics.ts', 'src/spans.ts']

/** Throws when the table is not there: a rule that cannot be read holds nobody. */
export function readImportTable(architecture: string): ImportTable {
  const rows = [...architecture.matchAll(/^\| `([\w.-]+)` \| (.*) \| (.*) \|$/gm)]
  const rooms = rows.map((row) => ({ name: row[1]!, mayImport: row[3]!.split(',').map((each) => each.trim()) }))
  const stores = rows.find((row) => row[1] === 'stores')?.[2] ?? ''
  const ports = [...(/ports (.*)/.exec(stores)?.[1] ?? '').matchAll(/`([\w-]+)`/g)].map((match) => match[1]!)
  if (rooms.length === 0 || ports.length === 0) throw new Error('ARCHITECTURE.md has no import table')
  return { rooms, ports }
}

/** Every import of a file of src that the table does not allow, as a sentence. */
export function forbiddenImports(table: ImportTable, file: SourceFile): string[] {
  if (isTest(file) || SHARED_TYPES.includes(file.path) || file.path.endsWith('.d.ts')) return []
  const room = roomOf(file.path)
  const row = table.rooms.find(({ name }) => name === room)
  if (!row) return [`${file.path}: there is no row for ${room} in ARCHITECTURE.md`]
  return importsOf(file)
    .filter((target) => roomOf(target) !== room && !isAllowed(table, row, target))
    .map((target) => `${file.path} imports ${target}, but ${room} may import ${row.mayImport.join(', ')}`)
}

/** What the console may name of the server: types of its APIs, which are gone when it is built. */
const CONSOLE_MAY_NAME = 'src/control/'

/** Every import of a file of the console that leads out of it to more than types of the APIs, as a sentence. */
export function forbiddenConsoleImports(file: SourceFile): string[] {
  const text = withoutComments(file)
  const types = importsOf({ ...file, text: [...text.matchAll(/^import type\b[^']*'[^']*'/gm)].join('\n') })
  return importsOf(file)
    .filter((target) => !target.startsWith('console/'))
    .filter((target) => !target.startsWith(CONSOLE_MAY_NAME) || !types.includes(target))
    .map((target) => `${file.path} imports ${target}, but the console may import types of ${CONSOLE_MAY_NAME} alone`)
}

function isAllowed({ ports }: ImportTable, { name, mayImport }: Room, target: string): boolean {
  if (SHARED_TYPES.includes(target) && !PURE.includes(name)) return true
  return mayImport.some((allowed) => {
    if (allowed === 'everything') return true
    if (allowed === 'stores (ports)') return ports.some((port) => target === `src/stores/${port}.ts`)
    return target === `src/${allowed}.ts` || target.startsWith(`src/${allowed}/`)
  })
}

/** The folder below src, or the file's own name. */
function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}
