import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildConsole } from '../../scripts/build-console.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { Authority, CertificateFiles } from '../judges/certificates.ts'
import { freePort, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'

/** The console on a listener of its own, by TLS, switched off; and built twice. */
export const SERVING_PATH: ConsolePath = { name: 'serving', run }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

async function run(context: ConsolePathContext): Promise<Record<string, string | number>> {
  await onItsOwnListener(context)
  await withAWrongClock(context)
  await switchedOff()
  return { files: await builtTwice() }
}

/** The API, and so the console, is at another address than playback, with TLS and without. */
async function onItsOwnListener({ browser, log }: ConsolePathContext): Promise<void> {
  const files = new CertificateFiles(new Authority().issue(['127.0.0.1']))
  const [plain, tls] = [await freePort(), await freePort()]
  const windrow = await Windrow.start({
    isPublicPlain: true,
    environment: {
      WINDROW_CONTROL_LISTEN: `127.0.0.1:${plain}`,
      WINDROW_CONTROL_TLS_LISTEN: `127.0.0.1:${tls}`,
      WINDROW_TLS_CERTIFICATE: files.certificate,
      WINDROW_TLS_KEY: files.key,
    },
  })
  const { accessKeyId, secretAccessKey } = windrow
  const access = (url: string) => ({ url, accessKeyId, secretAccessKey })
  try {
    assert.equal((await fetch(`${windrow.url}/console/`)).status, 404)
    await createChannel(mediaPackage(access(`http://127.0.0.1:${plain}`)), 'news')
    for (const url of [`http://127.0.0.1:${plain}`, `https://127.0.0.1:${tls}`]) {
      const console = await browser.open({ access: access(url), origins: [windrow.url] }, { ignoreHTTPSErrors: true })
      await console.page.goto(url)
      assert.equal(console.page.url(), `${url}/console/`)
      await console.signIn()
      await console.page.getByText('news').first().waitFor()
      await console.close()
      log(`signed in at ${url}`)
    }
  } finally {
    await windrow.stop()
  }
}

/** The browser's clock is an hour behind: the console takes the server's. */
async function withAWrongClock({ browser, log }: ConsolePathContext): Promise<void> {
  const windrow = await Windrow.start()
  try {
    await createChannel(mediaPackage(windrow), 'news')
    const console = await browser.open({ access: windrow })
    await console.page.addInitScript('{ const now = Date.now; Date.now = () => now() - 3_600_000 }')
    await console.page.reload()
    console.allow(/status of 403/)
    await console.signIn()
    await console.page.getByText('news').first().waitFor()
    await console.close()
    log('signed in by a clock that is an hour behind')
  } finally {
    await windrow.stop()
  }
}

async function switchedOff(): Promise<void> {
  const windrow = await Windrow.start({ environment: { WINDROW_CONSOLE: 'false' } })
  try {
    const { status, headers } = await fetch(`${windrow.url}/console/`, { headers: { accept: 'text/html' } })
    assert.deepEqual([status, headers.get('x-amzn-ErrorType')], [404, 'UnknownOperationException'])
  } finally {
    await windrow.stop()
  }
}

/** In two folders, one of them elsewhere: the same files with the same bytes. Gives their number. */
async function builtTwice(): Promise<number> {
  const elsewhere = temporaryFolder('clone')
  for (const name of ['console', 'scripts']) cpSync(join(ROOT, name), join(elsewhere, name), { recursive: true })
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.base.json', 'LICENSE']) {
    writeFileSync(join(elsewhere, name), readFileSync(join(ROOT, name)))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(elsewhere, 'node_modules'))
  mkdirSync(join(elsewhere, 'dist'))
  const folders = [join(temporaryFolder('build'), 'console'), join(elsewhere, 'dist/console')] as const
  await buildConsole(folders[0])
  await buildConsole(folders[1], elsewhere)
  const [first, second] = folders.map(bytesBelow)
  assert.deepEqual([...second!.keys()], [...first!.keys()])
  for (const [name, bytes] of first!) assert.ok(bytes.equals(second!.get(name)!), name)
  return first!.size
}

function bytesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const all = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  // Vite's manifest stays here, and says where packages are installed.
  const paths = all.filter((path) => !path.includes('/.vite/'))
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path)]))
}
