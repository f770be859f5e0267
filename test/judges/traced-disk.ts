/** The disk below a folder, as a program that ran under strace left it, at any moment. */
import { relative } from 'node:path'
import { Disk, OutOfOrder } from './disk.ts'
import { bytesOf, readTrace, type Syscall } from './syscalls.ts'

type OpenFile = { readonly path: string; readonly node: ReturnType<Disk['open']>; position: number }

/** How the disk is after a call that changed or synced something. */
export type Moment = { readonly disk: Disk; readonly call: Syscall }

/**
 * Replays a trace onto a disk that begins with `folder` being there and empty. Throws when the program does something
 * to its files that is not modelled, or that the model does not allow: then they differ, and nothing can be said.
 */
export function* replay(trace: string, folder: string): Generator<Moment> {
  const disk = new Disk()
  const files = new Map<number, OpenFile>()
  /** Calls that have begun and not ended, by the line they began on. */
  const underWay = new Set<number>()
  /** Calls that others came before, of threads whose calls are not reported yet; and which those may be. */
  const early = new Map<Syscall, ReadonlySet<number>>()
  const within = (argument: string | undefined): string | undefined => {
    const path = relative(folder, bytesOf(argument ?? '').toString())
    return path.startsWith('..') ? undefined : path
  }
  const opened = (argument: string | undefined) => {
    const file = files.get(Number(argument))
    if (!file && [...early.keys()].some(({ name, result }) => name === 'openat' && result === Number(argument))) {
      throw new OutOfOrder(`file ${argument} is not open`)
    }
    return file
  }

  const write = (file: OpenFile, { result, ended }: Syscall, bytes: Buffer, at: number) => {
    if (bytes.length < result) throw new Error(`${result} bytes were written, the trace has ${bytes.length}`)
    disk.write(file.node, at, bytes.subarray(0, result), ended)
  }

  /** True when it changed or synced something below the folder. */
  const perform = (call: Syscall): boolean => {
    const { name, args, result, began, ended } = call
    const [first, second, third] = args
    switch (name) {
      case 'openat': {
        const path = within(second)
        if (path === undefined) return false
        const flags = third ?? ''
        const creates = flags.includes('O_CREAT')
        const truncates = flags.includes('O_TRUNC')
        if (/O_APPEND|O_TMPFILE|O_D?SYNC/.test(flags)) throw new Error(`${flags} is not modelled`)
        files.set(result, { path, node: disk.open(path, { creates, truncates }, ended), position: 0 })
        return creates || truncates
      }
      case 'write':
      case 'writev': {
        const file = opened(first)
        if (!file) return false
        write(file, call, bytesOf(second!), file.position)
        file.position += result
        return true
      }
      case 'pwrite64': {
        const file = opened(first)
        if (file) write(file, call, bytesOf(second!), Number(args[3]))
        return file !== undefined
      }
      case 'lseek': {
        const file = opened(first)
        if (file) file.position = result
        return false
      }
      case 'ftruncate': {
        const file = opened(first)
        if (file) disk.truncate(file.node, Number(second), ended)
        return file !== undefined
      }
      case 'fallocate': {
        const file = opened(first)
        if (!file) return false
        if (second !== '0') throw new Error('holes are not modelled')
        disk.truncate(file.node, Math.max(disk.sizeOf(file.node), Number(third) + Number(args[3])), ended)
        return true
      }
      case 'fsync':
      case 'fdatasync': {
        const file = opened(first)
        if (file) disk.sync(file.node, began)
        return file !== undefined
      }
      case 'mkdir':
        return at(first, (path) => disk.makeFolder(path, ended))
      case 'rmdir':
      case 'unlink':
        return at(first, (path) => disk.remove(path, ended))
      case 'unlinkat':
        return at(second, (path) => disk.remove(path, ended))
      case 'rename':
      case 'link': {
        const [from, to] = [within(first), within(second)]
        if (from === undefined && to === undefined) return false
        if (from === undefined || to === undefined) throw new Error(`${name} into or out of the folder`)
        if (name === 'link') disk.link(from, to, ended)
        else disk.rename(from, to, ended)
        return true
      }
      case 'mmap':
        if (opened(args[4]) && third?.includes('PROT_WRITE') && args[3]?.includes('MAP_SHARED'))
          throw new Error('a file is written in memory')
        return false
      case 'io_uring_setup':
        // libuv's ring for files polls; the other is for epoll alone.
        if (second?.includes('IORING_SETUP_SQPOLL')) throw new Error('files are changed where strace does not see it')
        return false
      default:
        refuse(name, args)
        return false
    }
  }

  const at = (argument: string | undefined, change: (path: string) => void): boolean => {
    const path = within(argument)
    if (path !== undefined) change(path)
    return path !== undefined
  }

  /** Calls that are not modelled may have nothing to do with the folder. */
  const refuse = (name: string, args: readonly string[]) => {
    const isHarmless =
      name === 'fcntl' ? !args[1]?.includes('F_DUPFD') : name === 'ioctl' && !args[1]?.includes('FICLONE')
    const isConcerned = args
      .slice(0, 3)
      .some((arg) => opened(arg) !== undefined || (/"/.test(arg) && within(arg) !== undefined))
    if (isConcerned && !isHarmless) throw new Error(`${name}(${args.join(', ').slice(0, 200)}) is not modelled`)
  }

  const attempt = (call: Syscall): boolean => {
    try {
      const hasChanged = perform(call)
      early.delete(call)
      return hasChanged
    } catch (error) {
      const others = early.get(call) ?? new Set(underWay)
      if (!(error instanceof OutOfOrder) || ![...others].some((began) => underWay.has(began))) throw error
      early.set(call, others)
      return false
    }
  }

  for (const told of readTrace(trace)) {
    if ('begun' in told) {
      const { name, args, began } = told.begun
      underWay.add(began)
      // The number may be another file's before the trace says that this one was closed.
      if (name === 'close') files.delete(Number.parseInt(args[0] ?? '', 10))
      continue
    }
    underWay.delete(told.done.began)
    const isOfInterest = told.done.name !== 'close' && told.done.result >= 0
    for (const call of [...(isOfInterest ? [told.done] : []), ...early.keys()]) if (attempt(call)) yield { disk, call }
  }
}
