/** What a program did to files, as strace saw it. */
import { closeSync, openSync, readSync } from 'node:fs'
import { words } from './processes.ts'

const PIECE_BYTES = 16 * 1024 * 1024

/** Changes of files and folders, and what makes them durable. */
const TRACED =
  words(`openat close dup dup2 dup3 fcntl lseek write writev pwrite64 pwritev pwritev2 fsync fdatasync sync syncfs
  sync_file_range ftruncate truncate fallocate rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat
  rmdir mkdir mkdirat copy_file_range sendfile splice mmap ioctl io_uring_setup`)

/**
 * The command that runs a program under strace, which writes to `trace`. The program ends when strace is killed. Every
 * byte is kept, in hexadecimal; threads that do nothing of interest are not slowed down.
 */
export function underStrace(trace: string): string[] {
  const text = words('-f --seccomp-bpf -qqq -ttt -xx -s 67108864 -e signal=none')
  return ['strace', ...text, '-e', `trace=${TRACED.join(',')}`, '-o', trace, ...words('setpriv --pdeathsig KILL')]
}

export type Syscall = {
  readonly name: string
  readonly args: readonly string[]
  /** What it returned; it failed if that is negative. */
  readonly result: number
  /** Lines of the trace on which it began and ended. */
  readonly began: number
  readonly ended: number
  /** Milliseconds since 1970 when strace saw it end. */
  readonly at: number
}

/** A call that begins is told of before anything that ends later. */
export type Told = { readonly begun: Pick<Syscall, 'name' | 'args' | 'began'> } | { readonly done: Syscall }

/** Reads a trace in the order of time. Its last line may be cut short. Throws on what it does not understand. */
export function* readTrace(file: string): Generator<Told> {
  const unfinished = new Map<string, { text: string; began: number; name: string }>()
  let number = -1
  for (const line of linesOf(file)) {
    number++
    const [, pid = '', seconds = '', rest = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? fail(number, line)
    const at = Number(seconds) * 1000
    if (/^(\+\+\+|---)/.test(rest)) continue
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest)
    const before = resumed ? unfinished.get(pid) : undefined
    if (resumed && before?.name !== resumed[1]) fail(number, line)
    const text = before ? before.text + resumed![2]! : rest
    const began = before?.began ?? number
    unfinished.delete(pid)
    const name = /^\w+/.exec(text)?.[0] ?? fail(number, line)
    const isUnfinished = text.endsWith('<unfinished ...>')
    const body = isUnfinished ? text.slice(0, -'<unfinished ...>'.length) : text
    if (!before) yield { begun: { name, args: argumentsOf(body.slice(name.length + 1)), began } }
    if (isUnfinished) {
      unfinished.set(pid, { text: body, began, name })
      continue
    }
    const end = body.lastIndexOf(') ')
    const [, result = '?'] = /^\)\s+= (-?\w+|\?)/.exec(body.slice(end)) ?? fail(number, line)
    // A call that its process did not live to see the end of.
    if (result === '?') continue
    yield {
      done: {
        name,
        args: argumentsOf(body.slice(name.length + 1, end)),
        result: Number(result),
        began,
        ended: number,
        at,
      },
    }
  }
}

/** Without the one that was cut short; a trace is larger than a string may be. */
function* linesOf(file: string): Generator<string> {
  const descriptor = openSync(file, 'r')
  const buffer = Buffer.alloc(PIECE_BYTES)
  try {
    let begun = ''
    for (let length = -1; length !== 0; ) {
      length = readSync(descriptor, buffer, 0, buffer.length, null)
      const lines = (begun + buffer.toString('latin1', 0, length)).split('\n')
      begun = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Strings are in hexadecimal, so that commas outside of brackets are between arguments. */
function argumentsOf(text: string): string[] {
  const args: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === '"') at = text.indexOf('"', at + 1)
    else if (char === ',' && depth === 0) {
      args.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...args, text.slice(start).trim()]
}

/** The bytes of every string in an argument, in their order. */
export function bytesOf(argument: string): Buffer {
  if (argument.includes('"...')) throw new Error('strace cut a string')
  const strings = argument.match(/"[^"]*"/g) ?? []
  return Buffer.concat(strings.map((string) => Buffer.from(string.replaceAll(/["x\\]/g, ''), 'hex')))
}

function fail(number: number, line: string): never {
  throw new Error(`line ${number + 1} of the trace is not understood: ${line.slice(0, 200)}`)
}
