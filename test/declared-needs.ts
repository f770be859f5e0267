import { posix } from 'node:path'
import { PROGRAM_NAMES, type ProgramName, programOf, toolsOf } from './programs.ts'
import { isTest, type SourceFile, withoutComments } from './source-tree.ts'

/** What every system has that tests can run on. */
const EVERYWHERE = ['sh', 'bash', 'taskset', 'mkfifo']

const DECLARED = /\bneeding\(([^)]*)\)/g

/** The programs a test file says it needs, of all its blocks. */
export function declaredNeeds(file: SourceFile): ProgramName[] {
  const declared = new Set([...withoutComments(file).matchAll(DECLARED)].flatMap((match) => literals(match[1]!)))
  return PROGRAM_NAMES.filter((name) => declared.has(name))
}

/**
 * What test files declare without running it, and run without declaring it, themselves or in what they import; and
 * programs that test/programs.ts does not know. A program is run by its name as a string of its own.
 */
export function wrongNeeds(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const read = new Map<string, Reading>()
  const readingOf = (path: string): Reading => {
    const known = read.get(path) ?? readingIn(byPath.get(path))
    read.set(path, known)
    return known
  }
  return files
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((file) => {
      const reached = closure(file.path, readingOf)
      const runs = new Set(reached.flatMap((path) => readingOf(path).runs))
      const declared = declaredNeeds(file)
      const idle = declared.filter((name) => !runs.has(name))
      const silent = PROGRAM_NAMES.filter((name) => runs.has(name) && !declared.includes(name))
      return [
        ...(idle.length > 0 ? [`${file.path} runs no ${idle.join(', ')}`] : []),
        ...(silent.length > 0 ? [`${file.path} runs ${silent.join(', ')}`] : []),
        ...reached.flatMap((path) => readingOf(path).strangers.map((stranger) => `${path} runs ${stranger}`)),
      ]
    })
}

type Reading = {
  readonly imports: readonly string[]
  readonly runs: readonly ProgramName[]
  readonly strangers: readonly string[]
}

function readingIn(file: SourceFile | undefined): Reading {
  if (!file || file.path === 'test/programs.ts') return { imports: [], runs: [], strangers: [] }
  const text = withoutComments(file)
  const isTestCode = file.path.startsWith('test/') || isTest(file)
  return { imports: valueImports(file.path, text), ...(isTestCode ? programsIn(text) : { runs: [], strangers: [] }) }
}

function programsIn(text: string): Pick<Reading, 'runs' | 'strangers'> {
  const elsewhere = text.replaceAll(DECLARED, '')
  const named = new Set(literals(elsewhere))
  const asked = new Set([...elsewhere.matchAll(/\bprogramPath\('([^']*)'\)/g)].map((match) => match[1]!))
  const runs = PROGRAM_NAMES.filter((name) => {
    const { commands = [] } = programOf(name)
    return commands.some((command) => named.has(command)) || toolsOf(name).some((tool) => asked.has(tool))
  })
  const known = new Set(PROGRAM_NAMES.flatMap((name) => [...toolsOf(name), ...(programOf(name).under ?? [])]))
  const started = elsewhere.matchAll(
    /(?<![.\w])(?:run|runTool|exec|start|spawn|spawnSync|spawnOwned|promisify\(execFile\)|execFileSync)\(\s*'([\w./-]*\w)'/g,
  )
  const strangers = [...started]
    .map((match) => match[1]!)
    .filter((each) => !known.has(each) && !EVERYWHERE.includes(each))
  return { runs, strangers }
}

/** What is imported for more than its types, as paths from the root. */
function valueImports(path: string, text: string): string[] {
  const found = text.matchAll(/\b(?:import|export)\b(?!\s+type\b)[^'`;]*?'(\.[^']*\.ts)'/g)
  return [...found].map((match) => posix.join(posix.dirname(path), match[1]!))
}

function closure(path: string, readingOf: (path: string) => Reading): string[] {
  const reached = new Set([path])
  for (const each of reached) for (const imported of readingOf(each).imports) reached.add(imported)
  return [...reached]
}

function literals(text: string): string[] {
  return [...text.matchAll(/'([^'\n]*)'/g)].map((match) => match[1]!)
}
