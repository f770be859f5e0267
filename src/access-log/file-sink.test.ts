import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lineOf } from '../../test/judges/access-lines.ts'
import { temporaryFolder } from '../../test/judges/processes.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { AppendedFile } from './appended-file.ts'
import { DroppedLines } from './dropped-lines.ts'
import { FileSink } from './file-sink.ts'

const GROUP = '/aws/MediaPackage/EgressAccessLogs'
const NOON = utcMs(Date.UTC(2026, 11, 1, 12))
const DAY_MS = 86_400_000

/** A sink with a clock that stands, over a folder of its own. */
function sinkUnderTest({ mostFileBytes = 1_000_000 }: { mostFileBytes?: number } = {}) {
  const all = temporaryFolder('logs')
  const folder = join(all, GROUP)
  const clock: { now: UtcMs } = { now: NOON }
  const read = () => clock.now
  const logged: object[] = []
  let dropped = 0
  const sink = new FileSink({
    folder: all,
    mostFileBytes,
    retentionMs: 2 * DAY_MS,
    date: read,
    steady: read,
    dropped: new DroppedLines('file', {
      counter: {
        add(count = 1) {
          dropped += count
        },
      },
      clock: read,
      log: { info() {}, error() {}, warn: (fields) => void logged.push(fields) },
    }),
  })
  return {
    all,
    folder,
    logged,
    sink,
    pass(ms: number) {
      clock.now = utcMs(clock.now + ms)
    },
    write(...lines: readonly string[]) {
      for (const line of lines) sink.write(GROUP, lineOf(`${line}\n`, clock.now))
    },
    read: (name = '2026-12-01.jsonl') => readFileSync(join(folder, name), 'utf8'),
    get dropped() {
      return dropped
    },
  }
}

/** The files below a folder that this process has open. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}

describe('files of access logs', () => {
  it('have the lines of their group in the order in which they came, and others cannot read them', async () => {
    const test = sinkUnderTest()
    test.write('a', 'b')
    test.sink.write('/aws/MediaPackage/other', lineOf('c\n', NOON))
    await test.sink.flush()
    test.write('d')
    await test.sink.close()
    assert.equal(test.read(), 'a\nb\nd\n')
    assert.equal(readFileSync(join(test.all, 'aws/MediaPackage/other/2026-12-01.jsonl'), 'utf8'), 'c\n')
    assert.equal(statSync(join(test.folder, '2026-12-01.jsonl')).mode & 0o007, 0)
    assert.deepEqual(openFiles(test.all), [])
  })

  it('are written by themselves a moment after the first line', async () => {
    const test = sinkUnderTest()
    test.write('a')
    while (!existsSync(join(test.folder, '2026-12-01.jsonl')) || test.read() === '') {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(test.read(), 'a\n')
    await test.sink.close()
  })

  it('begin anew each day, and when one is long enough; after a restart the last is continued', async () => {
    const test = sinkUnderTest({ mostFileBytes: 10 })
    for (const line of ['1234', '5678', '9', 'longer than a file', '0']) {
      test.write(line)
      await test.sink.flush()
    }
    test.pass(DAY_MS / 2)
    test.write('tomorrow')
    await test.sink.close()
    const files = [
      '2026-12-01.jsonl',
      '2026-12-01.2.jsonl',
      '2026-12-01.3.jsonl',
      '2026-12-01.4.jsonl',
      '2026-12-02.jsonl',
    ]
    assert.deepEqual(files.map(test.read), ['1234\n5678\n', '9\n', 'longer than a file\n', '0\n', 'tomorrow\n'])
    test.pass(-DAY_MS / 2)
    test.write('1')
    await test.sink.close()
    assert.equal(test.read('2026-12-01.4.jsonl'), '0\n1\n')
  })

  it('are deleted when their days have been over for long', async () => {
    const test = sinkUnderTest()
    test.write('a')
    await test.sink.flush()
    test.pass(2.5 * DAY_MS - 1)
    await test.sink.deleteOld()
    assert.deepEqual(readdirSync(test.folder), ['2026-12-01.jsonl'])
    test.pass(1)
    await test.sink.deleteOld()
    assert.deepEqual(readdirSync(test.folder), [])
    await test.sink.close()
  })

  it('may be renamed: lines follow the old file until it is reopened', async () => {
    const test = sinkUnderTest()
    const path = join(test.folder, '2026-12-01.jsonl')
    test.write('a')
    await test.sink.flush()
    renameSync(path, `${path}.1`)
    writeFileSync(path, '')
    test.write('b')
    await test.sink.flush()
    test.write('c')
    await test.sink.reopen()
    test.write('d')
    await test.sink.close()
    assert.deepEqual([test.read('2026-12-01.jsonl.1'), test.read()], ['a\nb\nc\n', 'd\n'])
  })

  it('are opened anew within a second of being replaced, and within two of being removed', async () => {
    const test = sinkUnderTest()
    const path = join(test.folder, '2026-12-01.jsonl')
    const next = async (line: string) => {
      test.write(line)
      await test.sink.flush()
    }
    await next('a')
    renameSync(path, `${path}.1`)
    writeFileSync(path, '')
    test.pass(999)
    await next('b')
    test.pass(1)
    await next('c')
    assert.deepEqual([test.read('2026-12-01.jsonl.1'), test.read()], ['a\nb\n', 'c\n'])
    renameSync(path, `${path}.2`)
    test.pass(1000)
    await next('d')
    assert.ok(!existsSync(path), 'a program that rotates logs may be about to make it')
    test.pass(1000)
    await next('e')
    assert.deepEqual([test.read('2026-12-01.jsonl.2'), test.read()], ['c\nd\n', 'e\n'])
    await test.sink.close()
  })

  it('may be truncated: what follows is at their beginning', async () => {
    const test = sinkUnderTest({ mostFileBytes: 5 })
    test.write('abc')
    await test.sink.flush()
    truncateSync(join(test.folder, '2026-12-01.jsonl'))
    test.pass(1000)
    test.write('def')
    await test.sink.close()
    assert.deepEqual([test.read(), readdirSync(test.folder).length], ['def\n', 1])
  })

  const longLine = (name: string) => `${name}${'.'.repeat(300)}`

  it('may be copied and truncated: lines that the copy has missed, whole or in part, are written once more', async () => {
    for (const torn of [0, 5]) {
      const test = sinkUnderTest()
      const path = join(test.folder, '2026-12-01.jsonl')
      const next = async (name: string) => {
        test.write(longLine(name))
        await test.sink.flush()
      }
      for (const name of 'ab') await next(name)
      const copied = test.read()
      for (const name of 'cd') await next(name)
      writeFileSync(`${path}.1`, copied + longLine('c').slice(0, torn))
      writeFileSync(
        join(test.folder, 'other'),
        `${longLine('x')}
`.repeat(2),
      )
      // Would wait for its writer, if it were opened as a file is.
      execFileSync('mkfifo', [join(test.folder, '0')])
      truncateSync(path)
      for (const name of 'ef') await next(name)
      await test.sink.close()
      const namesIn = (name?: string) =>
        [...test.read(name).matchAll(/^(\w)\.{300}$/gm)].map(([, found]) => found).join('')
      assert.deepEqual([namesIn('2026-12-01.jsonl.1'), namesIn()], ['ab', 'cdef'])
      assert.equal(test.read('2026-12-01.jsonl.1'), copied)
    }
  })

  it('lose what a killed process has left of a line', async () => {
    const test = sinkUnderTest()
    mkdirSync(test.folder, { recursive: true })
    for (const left of ['{"torn":', 'whole\n{"torn":', '']) {
      writeFileSync(join(test.folder, '2026-12-01.jsonl'), left)
      test.write('next')
      await test.sink.close()
      assert.equal(test.read(), left.startsWith('whole') ? 'whole\nnext\n' : 'next\n')
    }
  })

  it('are few that are open, however many groups there are', async () => {
    const test = sinkUnderTest()
    for (let group = 0; group < 100; group++) test.sink.write(`/aws/MediaPackage/g${group}`, lineOf('a\n', NOON))
    await test.sink.flush()
    assert.ok(openFiles(test.all).length <= 16, String(openFiles(test.all).length))
    for (let group = 0; group < 100; group++) test.sink.write(`/aws/MediaPackage/g${group}`, lineOf('b\n', NOON))
    await test.sink.close()
    for (let group = 0; group < 100; group++) {
      assert.equal(readFileSync(join(test.all, `aws/MediaPackage/g${group}/2026-12-01.jsonl`), 'utf8'), 'a\nb\n')
    }
  })

  it('that cannot be written cost their lines, which are counted, and logged once a second', async () => {
    const test = sinkUnderTest()
    mkdirSync(join(test.all, 'aws/'), { recursive: true })
    writeFileSync(join(test.all, 'aws/MediaPackage'), 'in the way')
    test.write('a', 'b')
    await test.sink.flush()
    test.write('c')
    await test.sink.flush()
    assert.equal(test.dropped, 3)
    assert.equal(test.logged.length, 1)
    assert.deepEqual(Object.keys(test.logged[0]!), ['event', 'sink', 'lines', 'reason'])
    rmSync(join(test.all, 'aws/MediaPackage'))
    test.write('d')
    await test.sink.close()
    assert.equal(test.read(), 'd\n')
  })
})

describe('a file that cannot grow', () => {
  it('says which of the lines are in it', async () => {
    const full = await AppendedFile.open('/dev/full')
    const { bytes, error } = await full.append(Buffer.from('a\nb\n'))
    assert.deepEqual([bytes, (error as NodeJS.ErrnoException).code], [0, 'ENOSPC'])
    await full.close()
  })

  it('keeps the lines of others that end as they should', async () => {
    const path = join(temporaryFolder('logs'), 'log')
    const file = await AppendedFile.open(path)
    await file.append(Buffer.from('a\n'))
    appendFileSync(path, 'b\n')
    await file.append(Buffer.from('c\n'))
    await file.close()
    assert.equal(readFileSync(path, 'utf8'), 'a\nb\nc\n')
  })
})
