/**
 * Every package is made twice, installed on a clean system as README.md says, tried, replaced by a newer one, and
 * removed: `npm run soak -- --only packages`. The release before is the build of `upgrade`. WINDROW_PACKAGES names a
 * folder of packages that are tried as they are.
 */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canInstall, installDebianPackages } from '../../scripts/debian-packages.ts'
import { eventually, freePort, temporaryFolder } from '../judges/processes.ts'
import { BootedSystem } from '../packages/booted-system.ts'
import { buildBefore } from '../packages/build-before.ts'
import { command, DebianSystem, SYSTEM_PATH } from '../packages/debian-system.ts'
import { accessAt, checkConsole, Demonstration, environmentAt, Served, untilReady } from '../packages/demonstration.ts'
import { bareImports, resolutionFaults } from '../packages/resolution.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'packages'
export const onlyByName = true

const root = fileURLToPath(new URL('../..', import.meta.url))
const TOOLS = ['debootstrap', 'lintian', 'runc', 'skopeo', 'systemd-container', 'umoci']
const BEFORE = '0.0.9'
const CONTAINER = `windrow-${process.pid}`
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const PACKED_NODE = join(root, 'node_modules/node/bin/node')

type Log = SoakContext['log']
type Figures = Record<string, string | number>

/** Throws unless every package can be installed, works, can be replaced, and leaves nothing. */
export async function run({ log }: SoakContext): Promise<Figures> {
  if (canInstall()) installDebianPackages(TOOLS)
  const packages = process.env['WINDROW_PACKAGES'] ?? madeTwice(log)
  const sizes = readdirSync(packages).map((file) => [
    file,
    `${(statSync(join(packages, file)).size / 1e6).toFixed(1)} MB`,
  ])
  return {
    ...Object.fromEntries(sizes),
    ...billOfMaterials(packages),
    ...(await archive(packages, log)),
    ...(await npm(packages, log)),
    ...(await debian(packages, log)),
    ...(await image(packages, log)),
  }
}

/** Gives the folder of the packages. */
function madeTwice(log: Log): string {
  const [packages, again] = [temporaryFolder('packages'), temporaryFolder('packages')]
  for (const to of [packages, again]) make(['--to', to])
  const sums = readFileSync(join(packages, 'SHA256SUMS'), 'utf8')
  assert.equal(readFileSync(join(again, 'SHA256SUMS'), 'utf8'), sums)
  command('sha256sum', ['--check', '--strict', 'SHA256SUMS'], undefined, packages)
  log(`made twice, alike:\n${sums}`)
  return packages
}

function make(args: readonly string[]): void {
  command(process.execPath, ['scripts/package.ts', ...args], { ...process.env, SOURCE_DATE_EPOCH: '1700000000' }, root)
}

const fileOf = (packages: string, end: string): string => {
  const found = readdirSync(packages).filter((each) => each.endsWith(end))
  assert.equal(found.length, 1, `${packages} has ${found.length} files of ${end}`)
  return found[0]!
}

/** The line of README.md that begins so, as it is there, without the right that its user needs. */
function readmeLine(beginning: string): string {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split('\n')
  const line = lines.find((each) => each.replace('sudo ', '').startsWith(beginning))
  assert.ok(line !== undefined, `README.md has no line "${beginning}"`)
  return line.replaceAll('sudo ', '').replace(/ +#.*/, '')
}

/** Serves, takes in, shows, harvests and stops; meanwhile does what else is asked, in the environment of the server. */
async function tried(
  line: readonly string[],
  data: string,
  env: NodeJS.ProcessEnv = {},
  also: (environment: string) => void = () => {},
): Promise<number> {
  const port = await freePort()
  const served = await Served.start(line, port, env)
  const demonstration = await Demonstration.begin(served.access)
  try {
    await checkConsole(served.access)
    const environment = Object.entries({ ...environmentAt(port), WINDROW_ENDPOINT_URL: served.access.url })
    also(environment.map((pair) => pair.join('=')).join(' '))
    return await demonstration.goOn(served.access, join(data, 'buckets'))
  } finally {
    demonstration.close()
    await served.stop()
  }
}

/** Compares the bill of materials with the schema of CycloneDX, by its makers' own library. */
function billOfMaterials(packages: string): Figures {
  const folder = temporaryFolder('cyclonedx')
  const libraries = ['@cyclonedx/cyclonedx-library@10.3.0', 'ajv@8', 'ajv-formats@3', 'ajv-formats-draft2019@1']
  command('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...libraries])
  writeFileSync(join(folder, 'validate.cjs'), VALIDATE)
  command(process.execPath, ['validate.cjs', join(packages, fileOf(packages, '.cdx.json'))], undefined, folder)
  return { 'bill of materials': 'valid' }
}

const VALIDATE = `
const { Spec, Validation } = require('@cyclonedx/cyclonedx-library')
const text = require('fs').readFileSync(process.argv[2], 'utf8')
new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text).then((errors) => {
  if (errors !== null) throw new Error(JSON.stringify(errors))
})
`

async function archive(packages: string, log: Log): Promise<Figures> {
  const system = DebianSystem.create('archive')
  const file = fileOf(packages, '.tar.gz')
  copyFileSync(join(packages, file), system.path(`root/${file}`))
  // A minimal Debian lacks the library of C++, which desktops and servers have.
  system.shell('apt-get update -qq && apt-get install -qq libstdc++6 adduser && adduser --system --group someone')
  const folder = file.replace('.tar.gz', '')
  const [unpack, serve] = readmeLine('tar ').split(' && ')
  assert.equal(serve, `${folder}/windrow serve`)
  system.shell(`mv /root/${file} /opt && cd /opt && ${unpack} && ln -s /opt/${folder}/windrow /usr/local/bin`)
  assert.equal(system.shell('windrow version').trim(), version)
  const faults = resolutionFaults(root, `${system.path(`opt/${folder}`)}/`)
  assert.deepEqual(faults, [])
  const imports = bareImports(system.path(`opt/${folder}/dist`)).map((each) => `await import('${each}')`)
  writeFileSync(system.path(`opt/${folder}/all.mjs`), imports.join('\n'))
  system.shell(`/opt/${folder}/bin/node /opt/${folder}/all.mjs`)
  system.shell('install -d -o someone /srv/windrow')
  const line = [...system.under('someone'), 'windrow', 'serve', '--data', '/srv/windrow']
  const segments = await tried(line, system.path('srv/windrow'), { PATH: SYSTEM_PATH }, (environment) => {
    system.shell(`${environment} windrow feed --channel fed --create --past 1m`)
  })
  const size = Number(system.shell(`du -sk --exclude=bin/node /opt/${folder} | cut -f1`))
  log(`archive: ${segments} segments; ${(size / 1024).toFixed(1)} MiB without Node`)
  return { 'MiB installed without Node': (size / 1024).toFixed(1) }
}

async function npm(packages: string, log: Log): Promise<Figures> {
  const file = fileOf(packages, '.tgz')
  // Under a Node of its own age, nothing else is asked for; under an older one, npm brings a newer.
  for (const [node, install, registry] of [
    [PACKED_NODE, `${readmeLine('npm install --global')} --omit=optional --offline`, false],
    [installedNode(), readmeLine('npm install --global'), true],
  ] as const) {
    const system = DebianSystem.create(`npm-${registry}`)
    system.shell('apt-get update -qq && apt-get install -qq libstdc++6 adduser && adduser --system --group someone')
    withNpm(system, node)
    copyFileSync(join(packages, file), system.path(`root/${file}`))
    const runs = system.shell('node --version').trim()
    system.shell(`cd /root && ${install}`)
    assert.equal(system.shell('windrow version').trim(), version)
    system.shell('install -d -o someone /srv/windrow')
    const line = [...system.under('someone'), 'windrow', 'serve', '--data', '/srv/windrow']
    const segments = await tried(line, system.path('srv/windrow'), { PATH: SYSTEM_PATH })
    const once = system.shell(
      `cd /root && ${readmeLine('npx').replace(' serve', ' version').replace('npx', 'npx --yes')}`,
    )
    assert.ok(once.split('\n').includes(version), once)
    system.shell('npm uninstall --global windrow')
    assert.ok(!existsSync(system.path('usr/local/bin/windrow')))
    log(`npm under Node ${runs}: ${segments} segments`)
  }
  return {}
}

/** The Node and npm of this machine, which may be older than the one that runs this. */
function installedNode(): string {
  const path = (process.env['PATH'] ?? '').split(':').filter((each) => !each.includes('node_modules'))
  return command('sh', ['-c', 'readlink -f "$(command -v node)"'], { PATH: path.join(':') }).trim()
}

function withNpm(system: DebianSystem, node: string): void {
  const npmFolder = dirname(dirname(command('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim()))
  mkdirSync(system.path('usr/local/lib/node_modules'), { recursive: true })
  copyFileSync(node, system.path('usr/local/bin/node'))
  cpSync(npmFolder, system.path('usr/local/lib/node_modules/npm'), { recursive: true })
  system.shell(
    'cd /usr/local/bin && for each in npm npx; do ln -s ../lib/node_modules/npm/bin/$each-cli.js $each; done',
  )
  const certificates = command('npm', ['config', 'get', 'cafile']).trim()
  if (certificates === 'null') return
  mkdirSync(system.path('etc/ssl/certs'), { recursive: true })
  copyFileSync(certificates, system.path('etc/ssl/certs/registry.crt'))
  writeFileSync(system.path('root/.npmrc'), 'cafile=/etc/ssl/certs/registry.crt\n')
}

async function debian(packages: string, log: Log): Promise<Figures> {
  const before = temporaryFolder('before')
  make(['--only', 'deb', '--version', BEFORE, '--source', buildBefore(log), '--to', before])
  const system = DebianSystem.create('debian')
  const [older, newer] = [fileOf(before, '.deb'), fileOf(packages, '.deb')]
  copyFileSync(join(before, older), system.path(`root/${older}`))
  copyFileSync(join(packages, newer), system.path(`root/${newer}`))
  const port = await freePort()
  const lines = Object.entries(environmentAt(port)).map(([each, value]) => `${each}=${value}\n`)
  writeFileSync(system.path('etc/default/windrow'), lines.join(''), { mode: 0o600 })
  const booted = await BootedSystem.start(system)
  try {
    // The build before may have no `windrow health`.
    booted.shell(`mkdir -p ${DROP_IN} && printf '[Service]\\nExecStartPost=\\n' > ${DROP_IN}/before.conf`)
    booted.shell(`cd /root && apt-get install -qq ./${older}`)
    await untilReady(port)
    booted.shell(`rm -r ${DROP_IN} && systemctl daemon-reload`)
    assert.equal(booted.shell('windrow version').trim(), BEFORE)
    const segments = await served(system, booted, port)
    assert.match(booted.shell('journalctl --unit windrow'), /"event":"stopping"/)
    booted.shell('apt-get remove -qq windrow')
    assert.match(booted.says('systemctl is-active windrow'), /inactive/)
    assert.ok(!existsSync(system.path('usr/lib/windrow')) && !existsSync(system.path('usr/bin/windrow')))
    for (const kept of ['var/lib/windrow/buckets/clips', 'etc/windrow/windrow.yaml', 'etc/default/windrow']) {
      assert.ok(existsSync(system.path(kept)), `${kept} is gone`)
    }
    booted.shell('apt-get purge -qq windrow')
    const left = booted.shell('find /etc /usr /var -name "*windrow*" -not -path "/var/log/*"')
    assert.equal(left, '')
    assert.doesNotMatch(readFileSync(system.path('etc/passwd'), 'utf8'), /windrow/)
    log(`debian: ${segments} segments over an upgrade from ${BEFORE}; removed and purged`)
  } finally {
    await booted.stop()
  }
  return { 'exposure of the unit': exposure(), lintian: lintian(join(packages, newer), log) }
}

/** Takes in, is replaced by the newer package, and goes on; is killed, and goes on. Gives the number of segments. */
async function served(system: DebianSystem, booted: BootedSystem, port: number): Promise<number> {
  const access = accessAt(port)
  const buckets = system.path('var/lib/windrow/buckets')
  const demonstration = await Demonstration.begin(access)
  try {
    await demonstration.goOn(access, buckets)
    booted.shell('echo "# changed by the administrator" >> /etc/windrow/windrow.yaml')
    // The service has started when it is ready.
    booted.shell(`cd /root && ${readmeLine('apt install')} --yes`)
    booted.shell(`windrow health --url ${access.url}`)
    await untilReady(port)
    assert.equal(booted.shell('windrow version').trim(), version)
    assert.match(readFileSync(system.path('etc/windrow/windrow.yaml'), 'utf8'), /changed by the administrator/)
    await demonstration.goOn(access, buckets)
    booted.shell('systemctl reload windrow && systemctl kill --signal=KILL windrow')
    await eventually('systemd to start it again', () => /^1$/m.test(booted.shell(RESTARTS)) || undefined)
    await untilReady(port)
    return await demonstration.goOn(access, buckets)
  } finally {
    demonstration.close()
  }
}

const DROP_IN = '/etc/systemd/system/windrow.service.d'
const RESTARTS = 'systemctl show --property=NRestarts --value windrow'

function exposure(): string {
  const unit = join(root, 'deploy/debian/windrow.service')
  const said = command('systemd-analyze', ['security', '--offline=true', '--no-pager', unit])
  const [, level = ''] = /Overall exposure level for \S+: ([\d.]+) /.exec(said) ?? []
  assert.ok(Number(level) < 2, said)
  return level
}

function lintian(file: string, log: Log): string {
  const said = command('lintian', ['--fail-on', 'error,warning', '--allow-root', file])
  log(`lintian: ${said.trim()}`)
  return 'no errors, no warnings'
}

async function image(packages: string, log: Log): Promise<Figures> {
  const folder = temporaryFolder('image')
  const archived = join(packages, fileOf(packages, 'image-amd64.tar'))
  command('skopeo', ['copy', '--insecure-policy', `oci-archive:${archived}`, `oci:${folder}/layout:windrow`])
  command('skopeo', ['copy', '--insecure-policy', `docker-archive:${archived}`, `dir:${folder}/docker`])
  const bundle = join(folder, 'bundle')
  command('umoci', ['unpack', '--image', `${folder}/layout:windrow`, bundle])
  const data = join(folder, 'data')
  mkdirSync(data)
  command('chown', ['10001:10001', data])
  const port = await freePort()
  const served = await Served.start(runcCommand(bundle, data, port), port)
  const demonstration = await Demonstration.begin(served.access)
  try {
    const segments = await demonstration.goOn(served.access, join(data, 'buckets'))
    // As engines look after it.
    command('runc', ['exec', CONTAINER, 'windrow', 'health', '--alive'])
    log(`image: ${segments} segments with a root that is for reading only`)
  } finally {
    demonstration.close()
    await served.stop()
  }
  return {}
}

/** As the image's configuration says, with the network of this machine and a folder for its volume. */
function runcCommand(bundle: string, data: string, port: number): string[] {
  const path = join(bundle, 'config.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as {
    process: { env: string[]; terminal: boolean; user: object }
    root: { readonly?: boolean }
    mounts: object[]
    linux: { namespaces: { type: string }[] }
  }
  assert.deepEqual(config.process.user, { ...config.process.user, uid: 10_001, gid: 10_001 })
  config.process.terminal = false
  config.process.env.push(...Object.entries(environmentAt(port)).map(([each, value]) => `${each}=${value}`))
  config.root.readonly = true
  config.mounts = config.mounts.filter((mount) => !('destination' in mount && mount.destination === '/data'))
  config.mounts.push({ destination: '/data', type: 'bind', source: data, options: ['bind', 'rw'] })
  config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['size=64m', 'mode=1777'] })
  config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network')
  writeFileSync(path, JSON.stringify(config))
  return ['runc', 'run', '--bundle', bundle, CONTAINER]
}
