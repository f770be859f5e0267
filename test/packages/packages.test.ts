import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { shipped } from '../../scripts/packages/bundled.ts'
import { ALLOWED_LICENCES } from '../../scripts/packages/dependencies.ts'
import { complete, type Entry, file, folder, link, program } from '../../scripts/packages/entry.ts'
import { thirdPartyLicences } from '../../scripts/packages/licences.ts'
import { npmFiles } from '../../scripts/packages/npm.ts'
import { isUsed } from '../../scripts/packages/product.ts'
import { billOfMaterials } from '../../scripts/packages/sbom.ts'
import { ar, tar, tarGz } from '../../scripts/packages/tar.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { run, temporaryFolder } from '../judges/processes.ts'
import { needing } from '../programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const DATE = 1_700_000_000
const PRODUCT = { version: '1.2.3', date: DATE, root, source: root }

const LONG = `${'folder/'.repeat(20)}${'n'.repeat(90)}`
const ENTRIES: readonly Entry[] = [
  program('usr/bin/program', '#!/bin/sh\n'),
  file(LONG, 'long'),
  link('usr/bin/other', 'program'),
  folder('data', 0o1777, 10_001),
]

describe('archives', () => {
  const { it: itByTar } = needing('tar')
  itByTar('are read by GNU tar: paths, modes, owners, dates, links', async () => {
    const said = (
      await run('tar', ['-tv', '--numeric-owner', '--utc', '-f', '-'], [tar(ENTRIES, { date: DATE })])
    ).toString()
    const lines = said
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '))
    for (const line of [
      'drwxrwxrwt 10001/10001 0 2023-11-14 22:13 data/',
      'drwxr-xr-x 0/0 0 2023-11-14 22:13 usr/bin/',
      `-rw-r--r-- 0/0 4 2023-11-14 22:13 ${LONG}`,
      'lrwxrwxrwx 0/0 0 2023-11-14 22:13 usr/bin/other -> program',
      '-rwxr-xr-x 0/0 10 2023-11-14 22:13 usr/bin/program',
    ]) {
      assert.ok(lines.includes(line), `${line}\n${said}`)
    }
    assert.equal(lines.length, complete(ENTRIES).length)
  })

  it('have the same bytes whatever order they were made in', () => {
    const options = { date: DATE, prefix: './' }
    assert.deepEqual(tarGz(ENTRIES.toReversed(), options), tarGz(ENTRIES, options))
  })

  it('refuse paths that a header cannot hold, and a path that is there twice', () => {
    assert.throws(() => tar([file('n'.repeat(101), '')], { date: DATE }), /too long for ustar/)
    assert.throws(() => tar([link('short', 'n'.repeat(101))], { date: DATE }), /too long for ustar/)
    assert.throws(() => tar([file('one', ''), file('one', '')], { date: DATE }), /one is in the package twice/)
  })

  const { it: itByDpkg } = needing('dpkg')
  itByDpkg('that are Debian packages are read by dpkg-deb', async () => {
    const path = join(temporaryFolder('deb'), 'small.deb')
    const options = { date: DATE, prefix: './' }
    const control =
      'Package: small\nVersion: 1.2.3\nArchitecture: all\nMaintainer: a <a@localhost>\nDescription: small\n'
    const members = [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', tarGz([file('control', control)], options)],
      ['data.tar.gz', tarGz(ENTRIES, options)],
    ] as const
    writeFileSync(path, ar(members, DATE))
    assert.equal(`${await run('dpkg-deb', ['--field', path, 'Version'])}`, '1.2.3\n')
    assert.match(`${await run('dpkg-deb', ['--contents', path])}`, /-rwxr-xr-x 0\/0 +10 .* \.\/usr\/bin\/program\n/)
  })
})

describe('what packages hold', () => {
  const files = npmFiles(PRODUCT)
  const paths = files.map((entry) => entry.path)
  const mebibytes = files.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.bytes.length : 0), 0) / 2 ** 20

  it('is the program, what it needs, and texts; no tests, sources or what developers need', () => {
    for (const path of [
      'bin/windrow',
      'dist/main.js',
      'dist/console/index.html',
      'dist/console/licences.txt',
      'package.json',
      'README.md',
      'LICENSE',
      'docs/operations.md',
      'THIRD-PARTY-LICENCES',
      'sbom.cdx.json',
      'node_modules/pino/package.json',
      'test-stream/high-0.m2t',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    const sources = /^(src|test|demo|scripts|console|kernel)\/|\/console\/\.|\.test\.|\.(d\.[cm]?ts|map)$/
    const tools = /^node_modules\/(\.bin\/)?(typescript|vite|assemblyscript|binaryen)\b/
    const strange = paths.filter((path) => sources.test(path) || tools.test(path))
    assert.deepEqual(strange, [])
  })

  it('takes no more than 25 MiB without Node', () => assert.ok(mebibytes <= 25, `${mebibytes} MiB`))

  it('keeps licences, whatever they are called, and what Node reads', () => {
    const kept = ['LICENSE', 'LICENSE.md', 'License', 'NOTICE.txt', 'dist-cjs/index.js', 'lib/test/index.js', 'a.mjs']
    const left = ['README.md', 'dist-es/index.js', 'index.d.ts', 'index.js.map', 'test/index.js', 'a.test.js']
    assert.deepEqual([...kept, ...left].filter(isUsed), kept)
  })
})

describe('dependencies, of the server and in the console,', () => {
  const all = shipped(PRODUCT)

  it('are under licences that ask for nothing but their text', () => {
    assert.deepEqual(
      all.filter(({ licence }) => !ALLOWED_LICENCES.has(licence)).map(({ name, licence }) => `${name}: ${licence}`),
      [],
    )
  })

  it('are named with their licences in THIRD-PARTY-LICENCES', () => {
    const text = thirdPartyLicences(PRODUCT)
    for (const { name, version, licence } of all) assert.ok(text.includes(`\n${name} ${version}: ${licence}\n`), name)
    assert.ok(text.includes('Permission is hereby granted, free of charge'))
  })

  it('are all components of the bill of materials, and refer to each other in it', () => {
    type Bill = {
      readonly components: readonly { readonly 'bom-ref': string; readonly hashes?: readonly { content: string }[] }[]
      readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
    }
    const bill = JSON.parse(billOfMaterials(PRODUCT)) as Bill
    const refs = new Set(bill.components.map((component) => component['bom-ref']))
    assert.equal(refs.size, bill.components.length)
    for (const { name, version } of all) assert.ok(refs.has(`pkg:npm/${name.replace('@', '%40')}@${version}`), name)
    for (const { dependsOn } of bill.dependencies)
      assert.deepEqual(
        dependsOn.filter((ref) => !refs.has(ref)),
        [],
      )
    const own = bill.dependencies.find(({ ref }) => ref === 'pkg:npm/windrow@1.2.3')!
    for (const name of ['react', '%40cloudscape-design/components', 'pg']) {
      assert.ok(
        own.dependsOn.some((ref) => ref.startsWith(`pkg:npm/${name}@`)),
        name,
      )
    }
    assert.ok(bill.dependencies.find(({ ref }) => ref.startsWith('pkg:npm/pg@'))!.dependsOn.length > 3)
    for (const { hashes = [] } of bill.components)
      for (const { content } of hashes) assert.match(content, /^[\da-f]{128}$/)
  })
})

describe('the unit of systemd', () => {
  const text = readFileSync(join(root, 'deploy/debian/windrow.service'), 'utf8')

  const settings = readSettings({
    args: ['--config', 'windrow.yaml'],
    env: {},
    readFile: (name) => readFileSync(join(root, 'deploy/debian', name), 'utf8'),
  })

  it('starts with settings that keep everything where the package has its folder', () => {
    assert.equal(settings.dataFolder, '/var/lib/windrow')
    assert.match(text, /^ExecStart=\S+ serve --config \/etc\/windrow\/windrow\.yaml$/m)
  })

  it('gives the server time to stop', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)![1])
    assert.ok(seconds * 1000 >= settings.drainTimeoutMs + 10_000)
  })

  const { it: itBySystemd } = needing('systemd')
  itBySystemd('is one that systemd takes, and leaves the service little', async () => {
    const unit = join(temporaryFolder('unit'), 'windrow.service')
    // The programs that it names are those of the package, and not installed here.
    writeFileSync(unit, text.replaceAll(/^(ExecStart\w*=)\S+/gm, `$1${process.execPath}`))
    await run('systemd-analyze', ['verify', '--man=no', unit])
    const said = `${await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit])}`
    const level = /Overall exposure level for \S+: ([\d.]+) /.exec(said)?.[1]
    assert.ok(Number(level) < 2, said)
  })
})

describe('README.md', () => {
  it('names each package that is made', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8')
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const names = [`windrow-${version}.tgz`, `windrow-${version}-linux-x64.tar.gz`]
    for (const name of [...names, `windrow_${version}_amd64.deb`, `windrow-${version}-image-amd64.tar`]) {
      assert.ok(text.includes(name), name)
    }
  })

  it('and docs have pages for all that is in the packages', () => {
    assert.ok(readdirSync(join(root, 'docs')).includes('installing.md'))
  })
})
