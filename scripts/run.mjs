#!/usr/bin/env node
// Runs a task of this repository on any Node >= 20 with npm: installs what package-lock.json names, builds what is
// stale, then goes on under the Node this project is made for. Must stand on Node 20 alone: no dependencies, no types.
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const REQUIRED_NODE = 24

/** What each task runs once everything is installed; `build` first where it needs dist. */
const TASKS = {
  build: { build: true },
  start: { build: true, run: ['bin/windrow', 'serve'] },
  demo: { build: true, run: ['demo/demo.ts'] },
  test: { build: true, run: ['scripts/test.ts'] },
  check: { run: ['scripts/check.ts'] },
  soak: { build: true, run: ['scripts/soak.ts'] },
  bench: { build: true, run: ['test/bench/run.ts'] },
  profile: { build: true, run: ['test/bench/profiles.ts'] },
  docs: { run: ['scripts/docs.ts'] },
  package: { build: true, run: ['scripts/package.ts'] },
  format: { run: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'] },
}

const [name = '', ...args] = process.argv.slice(2)
const task = TASKS[name]
if (!task) fail(`no task "${name}"; there are: ${Object.keys(TASKS).join(', ')}`)

if (!isInstalled()) await install()
const node = findNode()
if (task.build) {
  await must([node, 'scripts/build-kernel.ts'])
  const scripts = [['node_modules/typescript/bin/tsc', '-b'], ['scripts/build-server.ts'], ['scripts/build-console.ts']]
  await Promise.all(scripts.map((script) => must([node, ...script])))
}
if (task.run) process.exit(await run([node, ...task.run, ...args]))

/** Whether node_modules holds exactly what package-lock.json names; npm writes its own record last. */
function isInstalled() {
  if (isLink('node_modules')) return true // someone else's install, theirs to keep
  const installed = readLock('node_modules/.package-lock.json')
  if (!installed) return false
  const wanted = readLock('package-lock.json') ?? {}
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === entry.version && found.integrity === entry.integrity : entry.optional === true
  })
}

function isLink(path) {
  return lstatSync(root + path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function readLock(path) {
  return existsSync(root + path) ? JSON.parse(readFileSync(root + path, 'utf8')).packages : undefined
}

/**
 * Not `npm ci`: that refuses a lock file without the optional packages of platforms a registry does not carry. What
 * was installed is compared with the lock file afterwards instead.
 */
async function install() {
  console.log('Installing the packages of package-lock.json …')
  const options = [
    'install',
    '--no-save',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const script = process.env.npm_execpath
  const npm = script?.endsWith('js') ? [process.execPath, script] : ['npm']
  await must([...npm, ...options])
  if (!isInstalled())
    fail('npm installed something else than package-lock.json names: remove node_modules and try again')
}

/** The pinned Node from node_modules; else this one, if it is new enough. */
function findNode() {
  const pinned = `${root}node_modules/node/bin/node`
  if (existsSync(pinned)) return pinned
  if (Number.parseInt(process.versions.node, 10) >= REQUIRED_NODE) return process.execPath
  fail(
    `Node ${REQUIRED_NODE} is needed, this is ${process.version}, and node_modules/node holds no program because npm ` +
      'ignored its install script. Run "npm rebuild node --ignore-scripts=false", or use a newer Node.',
  )
}

/** Runs a command to its end and gives its exit code. */
function run([command, ...rest]) {
  const child = spawn(command, rest, { cwd: root, stdio: 'inherit' })
  // A terminal interrupts the child as well as us; other signals reach only us.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`))
    child.on('exit', (status, signal) => resolve(status ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

async function must(command) {
  const status = await run(command)
  if (status !== 0) process.exit(status)
}

function fail(message) {
  console.error(`windrow: ${message}`)
  process.exit(1)
}
