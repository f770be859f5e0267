/**
 * Compiles the media kernel (`kernel/kernel.ts`, AssemblyScript) into a module that the media core imports, unless that
 * was made of the same source by the same compiler: `npm run build`. The bytes are in a source file, since the core
 * reads no files, and since everything then runs from `src` as from `dist`.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('..', import.meta.url)
const SOURCE = new URL('kernel/kernel.ts', ROOT)
const MODULE = new URL('src/media/kernel/kernel-module.ts', ROOT)
/** No allocation, so no runtime; the memory is given by whoever makes an instance. */
const FLAGS = ['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd']

/** The source of the module, which must stand on its own: everything that has the same inputs has the same bytes. */
export async function kernelModule(): Promise<string> {
  const { default: asc } = await import('assemblyscript/asc')
  const stderr = asc.createMemoryStream()
  let code: Uint8Array = new Uint8Array(0)
  const { error } = await asc.main(['kernel.ts', '--outFile', 'kernel.wasm', ...FLAGS], {
    stderr,
    readFile: (name) => (name === 'kernel.ts' ? readFileSync(SOURCE, 'utf8') : null),
    writeFile: (_name, contents) => {
      code = Buffer.from(contents)
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`kernel/kernel.ts: ${stderr.toString()}`, { cause: error })
  const lines = Buffer.from(code)
    .toString('base64')
    .match(/.{1,100}/g)!
    .map((line) => `  '${line}'`)
  return [
    '/**',
    ' * WebAssembly of `kernel/kernel.ts` in base64, written by `npm run build`.',
    ` * Inputs: ${inputDigest()}`,
    ' */',
    'export const KERNEL_MODULE =',
    `${lines.join(' +\n')}`,
    '',
  ].join('\n')
}

/** SHA-256 of all that the bytes follow from. */
function inputDigest(): string {
  const compiler = JSON.parse(readFileSync(new URL('node_modules/assemblyscript/package.json', ROOT), 'utf8')) as {
    readonly version: string
  }
  return createHash('sha256')
    .update(readFileSync(SOURCE))
    .update(JSON.stringify([compiler.version, FLAGS]))
    .digest('hex')
}

/** The module as it is. */
export function writtenModule(): string {
  return readFileSync(MODULE, 'utf8')
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !writtenModule().includes(inputDigest())) {
  writeFileSync(MODULE, await kernelModule())
}
