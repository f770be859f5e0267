/** Rules about the code itself. Each carries its reason; a broken one names the file and what to do instead. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import { measuredLines } from '../scripts/measured-lines.ts'
import { operationsPage } from '../scripts/operations-page.ts'
import { performanceCharts } from '../scripts/performance-charts.ts'
import { withMeasurements } from '../scripts/performance-page.ts'
import { withScalingTable } from '../scripts/scaling-table.ts'
import { selfCheckPage } from '../scripts/self-check-page.ts'
import { tracingPage } from '../scripts/tracing-page.ts'
import { HARVEST_PROBLEMS } from '../src/harvest/harvest-failed.ts'
import { attemptsFor } from '../src/harvest/job/retry-policy.ts'
import { LOG_EVENTS } from '../src/log.ts'
import { BUCKET_PROBLEMS, BucketRefused } from '../src/stores/buckets.ts'
import { readBudget } from './bench/budget.ts'
import { recordedMachines } from './bench/recorded-runs.ts'
import { wrongNeeds } from './declared-needs.ts'
import { forbiddenConsoleImports, forbiddenImports, readImportTable } from './import-table.ts'
import { isTest, lineAt, readSource, readTree, type SourceFile, withoutComments } from './source-tree.ts'
import { doubleExports, doubleImports, numberSigns, retiredWords, wideComments } from './vocabulary.ts'

/** Tests may be longer: many are tables of cases. */
const MOST_LINES = { program: 300, test: 600 }

type Ban = {
  readonly name: string
  readonly pattern: RegExp
  readonly appliesTo: (file: SourceFile) => boolean
  readonly instead: string
  /** Code that breaks the rule, to show that the rule sees it. */
  readonly example: string
}

const inSource = (file: SourceFile) => file.path.startsWith('src/') && !isTest(file)
const below = (file: SourceFile) => inSource(file) && file.path !== 'src/main.ts'
const inConsole = (file: SourceFile) => file.path.startsWith('console/src/')
const isPure = (file: SourceFile) => inSource(file) && /^src\/(media|manifests|model)\//.test(file.path)

const BANS: readonly Ban[] = [
  {
    name: 'the clock is read in main.ts alone',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/g,
    appliesTo: below,
    instead: 'take `now` or a Clock as an argument, so that tests decide what time it is',
    example: 'const now = Date.now()',
  },
  {
    name: 'the environment and the arguments are read in main.ts alone',
    pattern: /\bprocess\.(env|argv)\b/g,
    appliesTo: below,
    instead: 'declare a setting in src/config/settings.ts and take its value as an argument',
    example: 'if (process.env.DEBUG) return',
  },
  {
    name: 'nothing ends the process but main.ts',
    pattern: /\bprocess\.exit\b/g,
    appliesTo: below,
    instead: 'throw, or return what main.ts can act on: what is in flight must be finished',
    example: 'process.exit(1)',
  },
  {
    name: 'lines are logged, not printed',
    pattern: /\bconsole\.\w+\(/g,
    appliesTo: inSource,
    instead: 'take a Log: it has levels and keeps secrets out',
    example: "console.log('here')",
  },
  {
    name: 'the pure core does not wait',
    pattern: /\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/g,
    appliesTo: isPure,
    instead: 'return a value; whoever calls decides when',
    example: 'setTimeout(step, 10)',
  },
  {
    name: 'big-endian numbers are read and written in media/bytes.ts alone',
    pattern: /\]!? << 24\b|\bDataView\b/g,
    appliesTo: (file) => inSource(file) && file.path !== 'src/media/bytes.ts',
    instead: 'use media/bytes.ts, which checks that the bytes are there and that the sign is right',
    example: 'const size = bytes[at]! << 24',
  },
  {
    name: 'things are exported by their names',
    pattern: /^export default\b/gm,
    appliesTo: inSource,
    instead: 'export a named thing, so that it has one name everywhere',
    example: 'export default function serve() {}',
  },
  {
    name: 'the console makes no markup of text',
    pattern:
      /\b(dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|srcDoc|DOMParser)\b|\bdocument\.write\b/g,
    appliesTo: inConsole,
    instead: 'give React the text: it is shown as what it is, whoever has written it',
    example: '<div dangerouslySetInnerHTML={{ __html: description }} />',
  },
  {
    name: 'the console makes no code of text',
    pattern: /\beval\b|\bnew Function\b|\bjavascript:/g,
    appliesTo: inConsole,
    instead: 'write the code',
    example: "<a href='javascript:stop()'>",
  },
  {
    name: 'no test runs alone',
    pattern: /\b(it|describe|test)\.only\(|\bonly: true\b/g,
    appliesTo: (file) => isTest(file) && file.path !== 'test/tidy.test.ts',
    instead: 'give the file or a pattern to `npm test --`',
    example: "it.only('works', () => {})",
  },
  {
    name: 'programs of other people are looked for on the path',
    pattern: /\/usr\/(local\/)?s?bin\//g,
    appliesTo: (file) => (file.path.startsWith('test/') || isTest(file)) && file.path !== 'test/tidy.test.ts',
    instead: 'give the name alone, or ask `programPath` of test/programs.ts',
    example: "run('/usr/bin/ffmpeg', args)",
  },
]

const code = readTree(['src', 'test', 'demo', 'scripts', 'console'], ['.ts', '.tsx', '.mjs'])
const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(readSource),
  ...readTree(['docs'], ['.md']),
]

describe('the import table of ARCHITECTURE.md', () => {
  const table = readImportTable(readSource('ARCHITECTURE.md').text)

  it('is kept by every file of src', () => {
    const broken = code.filter(inSource).flatMap((file) => forbiddenImports(table, file))
    assert.deepEqual(broken, [])
  })

  it('names only rooms that exist', () => {
    assert.deepEqual(
      table.rooms.filter(({ name }) => !existsSync(`src/${name}`)),
      [],
    )
  })

  const refused: readonly SourceFile[] = [
    { path: 'src/media/x.ts', text: "import type { Channel } from '../model/channel.ts'" },
    { path: 'src/model/x.ts', text: "import { demux } from '../media/ts/demuxer.ts'" },
    { path: 'src/model/x.ts', text: "import type { Log } from '../log.ts'" },
    { path: 'src/control/x.ts', text: "export { openFolder } from '../stores/folder.ts'" },
    { path: 'src/origin/x.ts', text: "const archive = await import('../archive/archive.ts')" },
    { path: 'src/ingest/x.ts', text: "import '../config/settings.ts'" },
    { path: 'src/shed/x.ts', text: '' },
  ]
  for (const file of refused) {
    it(`refuses ${file.text || 'a room of its own'} in ${file.path}`, () => {
      assert.equal(forbiddenImports(table, file).length, 1)
    })
  }

  it('leads out of the console to types of the APIs alone', () => {
    assert.deepEqual(code.filter(inConsole).flatMap(forbiddenConsoleImports), [])
    const page = (text: string): SourceFile => ({ path: 'console/src/pages/home/page.tsx', text })
    for (const text of [
      "import { WINDROW_OPERATIONS } from '../../../../src/control/windrow-operations.ts'",
      "import type { Channel } from '../../../../src/model/channel.ts'",
      "const { listen } = await import('../../../../src/http/listener.ts')",
    ]) {
      assert.equal(forbiddenConsoleImports(page(text)).length, 1, text)
    }
    const allowed = "import type {\n  A,\n} from '../../../../src/control/b.ts'\nimport { c } from '../../layout/c.tsx'"
    assert.deepEqual(forbiddenConsoleImports(page(allowed)), [])
  })

  it('allows ports, readers, shared types and what stands in comments', () => {
    const text = `
      import type { Objects } from '../stores/objects.ts'
      import type { ArchiveReader } from '../archive/reader.ts'
      import type { Clock } from '../clock.ts'
      // import { demux } from '../media/ts/demuxer.ts'`
    assert.deepEqual(forbiddenImports(table, { path: 'src/origin/x.ts', text }), [])
  })
})

describe('the code', () => {
  for (const ban of BANS) {
    it(`keeps the rule that ${ban.name}`, () => {
      const broken = code.filter(ban.appliesTo).flatMap((file) => breaches(ban, file))
      assert.deepEqual(broken, [], `instead: ${ban.instead}`)
    })

    it(`would notice "${ban.example}"`, () => {
      assert.equal(breaches(ban, { path: 'src/x.ts', text: ban.example }).length, 1)
    })
  }

  it('has no room or file whose name says nothing: a thing without a home is a missing noun', () => {
    const vague = /(^|[/.-])(utils?|helpers?|common|misc|shared)([./-]|$)|\/index\./
    assert.deepEqual(
      code.filter(({ path }) => vague.test(path)).map(({ path }) => path),
      [],
    )
  })

  it('has no file that grew too long: what grew there deserves its own name', () => {
    const limit = (path: string) => (/^test\/|\.(test|contract)\.ts$/.test(path) ? MOST_LINES.test : MOST_LINES.program)
    const long = code.filter(({ path, text }) => text.split('\n').length > limit(path))
    assert.deepEqual(
      long.map(({ path }) => path),
      [],
    )
  })

  it('leaves no reminder without an owner: write "TODO(name): …" or do it', () => {
    const reminder = /\b(TODO|FIXME|XXX|HACK)\b(?!\([\w-]+\):)/g
    const others = code.filter(({ path }) => path !== 'test/tidy.test.ts')
    assert.deepEqual(
      others.flatMap((file) => places(file, file.text, reminder)),
      [],
    )
  })

  it('says in each test file which programs it needs, and no others: `needing` of test/programs.ts', () => {
    // These two name programs to show what is said of them.
    const others = code.filter(({ path }) => path !== 'test/tidy.test.ts' && path !== 'test/programs.test.ts')
    assert.deepEqual(wrongNeeds(others), [])
  })

  const declaring = (...names: readonly string[]) => `const { it } = needing(${names.map((name) => `'${name}'`)})`
  const undeclared: readonly { readonly says: string; readonly files: Readonly<Record<string, string>> }[] = [
    { says: 'test/x.test.ts runs curl', files: { 'test/x.test.ts': "await run('curl', [])" } },
    { says: 'test/x.test.ts runs chromium', files: { 'test/x.test.ts': "start(programPath('chromium'), [])" } },
    {
      says: 'test/x.test.ts runs ffmpeg',
      files: {
        'test/x.test.ts': "import { probe } from './judges/probe.ts'",
        'test/judges/probe.ts': "export { probe } from './probing.ts'",
        'test/judges/probing.ts': "const command = ['ffprobe', '-v', 'error']",
      },
    },
    {
      says: 'test/x.test.ts runs no curl, swift',
      files: { 'test/x.test.ts': `${declaring('swift')}; ${declaring('curl', 'ffmpeg')}; run('ffmpeg')` },
    },
    { says: 'test/x.test.ts runs vlc', files: { 'test/x.test.ts': "spawn('vlc')" } },
  ]
  for (const { says, files } of undeclared) {
    it(`would notice that ${says}`, () => {
      assert.deepEqual(wrongNeeds(Object.entries(files).map(([path, text]) => ({ path, text }))), [says])
    })
  }

  it('needs nothing that is only named in types, comments and names of cases', () => {
    const text = "import type { Player } from './player.ts' // 'curl'\nit('is read by ffmpeg', () => {})"
    const player = { path: 'test/player.ts', text: "programPath('chromium')" }
    assert.deepEqual(wrongNeeds([{ path: 'test/x.test.ts', text }, player]), [])
  })

  it('has its tests where the runner looks: below src and test', () => {
    const lost = code.filter((file) => isTest(file) && !/^(src|test)\//.test(file.path))
    assert.deepEqual(
      lost.map(({ path }) => path),
      [],
    )
  })
})

describe('the words of the code', () => {
  it('are not those that were given up', () => {
    const others = [...code, ...pages].filter(({ path }) => path !== 'test/tidy.test.ts')
    assert.deepEqual(others.flatMap(retiredWords), [])
  })

  it('name one thing each: no two files export one name', () => {
    assert.deepEqual(doubleExports(code), [])
  })

  it('come from each module at once', () => {
    assert.deepEqual(code.flatMap(doubleImports), [])
  })

  it('stand in comments no wider than the code', () => {
    assert.deepEqual(code.flatMap(wideComments), [])
  })

  it('say of what is private that it is', () => {
    assert.deepEqual(code.flatMap(numberSigns), [])
  })

  const x = (text: string): SourceFile => ({ path: 'src/x.ts', text })
  const noticed: readonly (readonly [string, readonly string[]])[] = [
    ['a retired word', retiredWords(x('const a = openNumbering(b)'))],
    ['a retired word in a comment', retiredWords(x('// the guest reads'))],
    ['a retired word in the name of a file', retiredWords({ path: 'src/old-outline.ts', text: '' })],
    ['a double export', doubleExports([x('export type A = 1'), { path: 'src/y.ts', text: 'export class A {}' }])],
    ['a double import', doubleImports(x("import { a } from './a.ts'\nimport type { b } from './a.ts'\n"))],
    ['a member that is private by its name', numberSigns(x('class A {\n  readonly #b = 1\n}'))],
    ['a wide comment', wideComments(x(`  // ${'x'.repeat(120)}`))],
  ]
  for (const [what, found] of noticed) {
    it(`would notice ${what}`, () => assert.equal(found.length, 1))
  }

  it('may hold retired words inside other words', () => {
    assert.deepEqual(retiredWords(x('expression compressed suppress outlined guesture')), [])
  })
})

describe('the documentation', () => {
  it('of the log is what `npm run docs` would write, and its events are all logged somewhere', () => {
    assert.equal(readSource('docs/operations.md').text, operationsPage(), 'run "npm run docs"')
    const sources = code.filter((file) => inSource(file) && file.path !== 'src/log.ts')
    const unused = Object.keys(LOG_EVENTS).filter((event) => !sources.some(({ text }) => text.includes(`'${event}'`)))
    assert.deepEqual(unused, [])
  })

  it('of the self-check and of spans is what `npm run docs` would write', () => {
    assert.equal(readSource('docs/self-check.md').text, selfCheckPage(), 'run "npm run docs"')
    assert.equal(readSource('docs/tracing.md').text, tracingPage(), 'run "npm run docs"')
  })

  it('of scaling has the table that follows from its figures', () => {
    const { text } = readSource('docs/scaling.md')
    assert.equal(text, withScalingTable(text), 'run "npm run docs"')
  })

  it('of performance has the tables and charts that follow from the recorded runs', () => {
    const [machines, budgets] = [recordedMachines(), readBudget()]
    const { text } = readSource('docs/performance.md')
    assert.equal(text, withMeasurements(text, machines, budgets), 'run "npm run docs"')
    for (const [name, { svg }] of performanceCharts(measuredLines(machines, budgets)))
      assert.equal(readSource(`docs/images/${name}.svg`).text, svg, 'run "npm run docs"')
  })

  it('of harvests lists each reason for which a job can fail, and whether it is tried again', () => {
    const rows = [
      ...readSource('docs/harvesting.md').text.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|.*\| (no|yes|twice) \|$/gm),
    ]
    const listed = rows.flatMap(([, codes = '']) => codes.replaceAll('`', '').split(', '))
    // A conflict over the parent manifest is told as `Overtaken`.
    const told = BUCKET_PROBLEMS.filter((problem) => problem !== 'Conflict')
    assert.deepEqual(listed.sort(), [...HARVEST_PROBLEMS, ...told].sort())
    for (const [, codes = '', again] of rows) {
      for (const problem of told.filter((each) => codes.includes(`\`${each}\``))) {
        assert.equal(attemptsFor(new BucketRefused(problem, ''), 10) > 1, again === 'yes', problem)
      }
    }
  })

  it('links only to what exists', () => {
    assert.deepEqual(pages.flatMap(deadLinks), [])
  })

  it('names only files that exist', () => {
    const dead = pages.flatMap((page) =>
      [...page.text.matchAll(/`((?:src|test|docs|demo|scripts|bin|console)\/[\w./-]+)`/g)]
        .filter((match) => !existsSync(match[1]!))
        .map((match) => `${page.path} names ${match[1]}`),
    )
    assert.deepEqual(dead, [])
  })

  it('names only files of rooms that exist', () => {
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const file = new RegExp(`\`((?:${rooms.map(({ name }) => name).join('|')})/[\\w./-]+\\.ts)\``, 'g')
    const dead = pages.flatMap(({ path, text }) =>
      [...text.matchAll(file)]
        .filter((match) => !existsSync(`src/${match[1]}`))
        .map((match) => `${path} names ${match[1]}`),
    )
    assert.deepEqual(dead, [])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readSource('package.json').text) as { scripts: Record<string, string> }
    const unknown = pages.flatMap((page) =>
      [...page.text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)]
        .map((match) => match[1] ?? match[2]!)
        .filter((name) => !(name in scripts))
        .map((name) => `${page.path} says npm run ${name}`),
    )
    assert.deepEqual(unknown, [])
  })
})

function breaches(ban: Ban, file: SourceFile): string[] {
  return places(file, withoutComments(file), ban.pattern)
}

function places(file: SourceFile, text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => `${file.path}:${lineAt(text, match.index)}: ${match[0]}`)
}

/** Links to files that are not there, and to headings that their page does not have. */
function deadLinks(page: SourceFile): string[] {
  const links = [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
  return links
    .filter((link) => !/^(https?|mailto):/.test(link))
    .filter((link) => {
      const [path = '', heading] = link.split('#')
      const target = path === '' ? page.path : posix.join(posix.dirname(page.path), path)
      if (!existsSync(target)) return true
      return heading !== undefined && !headings(readSource(target).text).includes(heading)
    })
    .map((link) => `${page.path} links to ${link}`)
}

/** As GitHub makes anchors of them. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
