/** What a process spends its CPU on, as `perf` samples it, in parts that say who could spend less. */

export type Sample = {
  /** Of all samples. */
  readonly percent: number
  /** Program, library or file of the kernel. */
  readonly object: string
  readonly symbol: string
}

/** Parts of what is not JavaScript, by symbol, the first that matches. */
const NATIVE: readonly (readonly [part: string, symbols: RegExp])[] = [
  ['AES and hashes', /sha\d|aes|gcm|EVP_|ghash|crc32|md5/i],
  ['SQLite', /^(sqlite3|vdbe|btree|pager|pcache|wal[A-Z]|getAndInitPage|balance)/i],
  [
    'garbage collection of V8',
    /Scaveng|Marking|Marker|Sweep|Evacuat|GarbageColl|Heap::|Heapify|YoungGeneration|PageMetadata|MemoryChunk|Visitor|ArrayBufferSweeper|SlotSet|PointersUpdat/,
  ],
  ['compilation of V8', /compiler::|interpreter::|maglev|turboshaft|baseline::|Parser|Scanner|RegExpCompiler/],
  ['V8: built-in functions', /^Builtins_|v8::internal::Builtin/],
  ['V8: the rest', /v8::|^v8/],
  ['Node and libuv', /node::|^uv_|llhttp|napi_|Node_|StreamBase/],
]

const LIBRARIES = /^(libc|libm|libstdc|libgcc|libpthread|ld-|\[vdso\])/

/** Which part a sample belongs to. */
export function partOf({ object, symbol }: Sample): string {
  if (/kernel/.test(object)) return 'the kernel'
  const file = /(?:file:\/\/|\/)[^ ]*?\/dist\/([^ :]+?)(?::\d+|$)/.exec(symbol)?.[1]
  if (file !== undefined) return `ours: ${file.includes('/') ? file.replace(/\/[^/]*$/, '') : 'main'}`
  if (/wasm/i.test(symbol)) return 'ours: the kernel of media, in WebAssembly'
  if (/ node:/.test(symbol)) return "Node's own JavaScript"
  if (/node_modules\//.test(symbol)) return 'packages'
  if (LIBRARIES.test(object)) return /mem(cpy|move|set)/.test(symbol) ? 'copying and clearing memory' : 'the C library'
  const [part] = NATIVE.find(([, symbols]) => symbols.test(symbol)) ?? ['native code without a name']
  return part
}

/** Reads what `perf report --stdio --sort dso,symbol` prints with tabs between its fields. */
export function readReport(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [percent = '', object = '', symbol = ''] = line.split('\t').map((field) => field.trim())
    if (!/^\d+\.\d+%$/.test(percent)) return []
    return [{ percent: Number.parseFloat(percent), object, symbol: shortened(symbol.replace(/^\[.\] /, '')) }]
  })
}

/** A function with its file, without the folders that this machine has it in. */
function shortened(symbol: string): string {
  return symbol.replace(/^(JS|Function|LazyCompile|Eval|Script|RegExp):[*^~+']*/, '').trim()
}

/** Percent of each part, the largest first. */
export function byPart(samples: readonly Sample[]): readonly (readonly [part: string, percent: number])[] {
  const parts = new Map<string, number>()
  for (const sample of samples) {
    const part = partOf(sample)
    parts.set(part, (parts.get(part) ?? 0) + sample.percent)
  }
  return [...parts].sort(([, a], [, b]) => b - a)
}
