import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { skippedText } from '../scripts/skipped.ts'
import { againCommand, failureText, Tally } from '../scripts/tally.ts'
import { planTests } from '../scripts/test-plan.ts'
import { temporaryFolder } from './judges/processes.ts'
import { FOUND_VARIABLE, findPrograms, missingPrograms, PROGRAM_NAMES, programOf } from './programs.ts'

const PROGRAMS = new URL('programs.ts', import.meta.url)

/** What `node --test` says of a file when only some programs are there. */
function tested(text: string, programs: string): { status: number | null; tap: string } {
  const there = programs.split(' ')
  const file = join(temporaryFolder('needing'), 'some.test.ts')
  writeFileSync(file, `import assert from 'node:assert'\nimport { needing as given } from '${PROGRAMS}'\n${text}`)
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const env = { ...inherited, [FOUND_VARIABLE]: JSON.stringify({ there, paths: {} }) }
  const run = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], { env, encoding: 'utf8' })
  return { status: run.status, tap: run.stdout + run.stderr }
}

const FILE = `
const { before, after, beforeEach, describe, it } = given('ffmpeg', 'chromium')
before(() => assert.fail('a hook'))
after(() => assert.fail('a hook'))
describe('outer', { concurrency: 2 }, () => {
  beforeEach(() => assert.fail('a hook'))
  it('one', () => assert.fail('a case'))
  describe('inner', () => {
    for (const name of ['two', 'three']) it(name, { timeout: 10 }, () => assert.fail('a case'))
  })
})
given('curl').it('four', () => {})
`

describe('needing', () => {
  it('lists every case where a program is missing, skipped by name, and runs no hook', () => {
    const { status, tap } = tested(FILE, 'curl chromium')
    assert.equal(status, 0, tap)
    for (const name of ['one', 'two', 'three'])
      assert.match(tap, new RegExp(`ok \\d+ - ${name} # SKIP needs ffmpeg\\n`))
    assert.match(tap, /ok \d+ - four\n/)
    assert.match(tap, /# tests 4\n[\s\S]*# pass 1\n[\s\S]*# skipped 3\n/)
  })

  it('runs everything where the programs are there', () => {
    const { status, tap } = tested(FILE, 'curl chromium ffmpeg')
    assert.equal(status, 1, tap)
    assert.match(tap, /a hook/)
    assert.doesNotMatch(tap, /# SKIP/)
  })
})

describe('the programs', () => {
  it('are found on the path alone, servers in the sbin beside it', () => {
    const folder = temporaryFolder('path')
    const files = ['bin/strace', 'bin/setpriv', 'sbin/nginx', 'bin/mediainfo'].map((name) => join(folder, name))
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, '', { mode: file.endsWith('mediainfo') ? 0o644 : 0o755 })
    }
    const path = process.env['PATH']
    try {
      process.env['PATH'] = join(folder, 'bin')
      const { there, paths } = findPrograms()
      assert.deepEqual(
        there.filter((name) => programOf(name).npm === undefined),
        ['strace', 'nginx'],
      )
      assert.equal(paths['nginx'], join(folder, 'sbin/nginx'))
    } finally {
      process.env['PATH'] = path
    }
  })

  it('say how each is brought', () => {
    const mute = PROGRAM_NAMES.filter((name) => !programOf(name).packages && programOf(name).remedy === undefined)
    assert.deepEqual(mute, [])
  })
})

describe('what was skipped', () => {
  const skipped = (reason: string) => ({ file: 'test/x.test.ts', name: 'x', reason })

  it('is told in one line, with the command for what is missing', () => {
    const { text, missed } = skippedText(
      ['needs ffmpeg', 'needs ffmpeg, chromium', 'needs postgres', 'needs ceph'].map(skipped),
    )
    const counts = 'ffmpeg (2), chromium (1), ceph (optional, 1), postgres (1)'
    assert.ok(text.startsWith(`skipped 4 cases for want of ${counts}; what brings it: sudo apt-get install `), text)
    assert.match(text, / ffmpeg chromium-headless-shell && npm install --include=optional\n$/)
    assert.equal(missed, 3)
  })

  it('is told by its reason when no program brings it, and is missed', () => {
    const { text, missed } = skippedText([skipped('there is only one file system')])
    assert.equal(
      text,
      'skipped: test/x.test.ts: x: there is only one file system\nskipped 1 case for want of other reasons (1)\n',
    )
    assert.equal(missed, 1)
    assert.deepEqual(missingPrograms('there is only one file system'), [])
  })
})

describe('the order of test files', () => {
  it('follows from the seed', () => {
    const [one, same, other] = [7, 7, 8].map((seed) => planTests([], seed))
    assert.deepEqual(one, same)
    assert.notDeepEqual(one, other)
    assert.deepEqual(one!.processes.toSorted(), other!.processes.toSorted())
    assert.deepEqual(one!.together.toSorted(), other!.together.toSorted())
  })

  it('needs no program that the matching files do not need', () => {
    assert.equal(planTests(['test/ingest/curl.test.ts'], 1).needs.join(), 'curl')
    assert.deepEqual(planTests(['src/media/bytes.test.ts'], 1).needs, [])
  })
})

describe('a failure', () => {
  it('comes with the command that runs the case again', () => {
    const failure = { file: 'test/x.test.ts', line: 7, names: ["what's left", 'is (all) there'], message: 'no' }
    const again = "npm test -- test/x.test.ts --only 'what'\\''s left is (all) there' --seed 3"
    assert.equal(againCommand(failure, 3), again)
    assert.equal(
      failureText([failure], () => [again]),
      `\nFailed:\n✖ what's left › is (all) there\n  at test/x.test.ts:7\n  no\n  ${again}\n`,
    )
    assert.equal(
      failureText([], () => []),
      '',
    )
  })

  it('of a suite whose own code or hook fails is one, and of a suite whose cases fail is none', () => {
    const tally = new Tally()
    const file = join(process.cwd(), 'test/a.test.ts')
    for (const [name, failureType] of [
      ['broken', 'testCodeFailure'],
      ['hooked', 'hookFailed'],
      ['full', 'subtestsFailed'],
    ] as const) {
      const at = { nesting: 0, name, file, line: 3, column: 1, testNumber: 1 }
      const details = { duration_ms: 1, error: Object.assign(new Error('wrong'), { failureType }), type: 'suite' }
      tally.take({ type: 'test:start', data: at } as never)
      tally.take({ type: 'test:fail', data: { ...at, details } } as never)
    }
    tally.take({ type: 'test:summary', data: { file } } as never)
    assert.deepEqual(
      tally.failures.map(({ names }) => names.join()),
      ['broken', 'hooked'],
    )
  })

  it('of a case that is made elsewhere belongs to the file that runs', () => {
    const tally = new Tally()
    const [file, elsewhere] = ['/r/test/a.test.ts', '/r/src/some.contract.ts'].map((path) =>
      path.replace('/r', process.cwd()),
    )
    const at = { nesting: 0, name: 'case', file: elsewhere, line: 3, column: 1, testNumber: 1 }
    const details = { duration_ms: 1, error: new Error('wrong'), type: 'test' }
    tally.take({ type: 'test:start', data: at } as never)
    tally.take({ type: 'test:fail', data: { ...at, details } } as never)
    tally.take({ type: 'test:summary', data: { file } } as never)
    assert.deepEqual(
      tally.failures.map(({ file: path, names }) => [path, names]),
      [['test/a.test.ts', ['case']]],
    )
    assert.equal(tally.files.get('test/a.test.ts')?.failed, 1)
  })
})
