/**
 * A disk that promises no more than it must: a file's bytes are on it when the file was synced after they were written,
 * a name when its folder was. Of all else a power cut leaves whatever chance leaves.
 */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

/** Written whole or not at all. */
const SECTOR = 512

type Change = { readonly ended: number } & (
  | { readonly at: number; readonly bytes: Buffer }
  | { readonly length: number }
)

class File {
  /** What is on the disk, and in what order it was changed since. */
  readonly synced = new Image()
  pending: Change[] = []

  get length(): number {
    let { length } = this.synced
    for (const change of this.pending) length = lengthAfter(length, change)
    return length
  }
}

/** The bytes of a file. */
class Image {
  private buffer = Buffer.alloc(0)
  length = 0

  apply(change: Change): void {
    const length = lengthAfter(this.length, change)
    if (length > this.buffer.length) this.buffer = Buffer.concat([this.bytes, Buffer.alloc(2 * length - this.length)])
    if ('bytes' in change) change.bytes.copy(this.buffer, change.at)
    else this.buffer.fill(0, length, this.length)
    this.length = length
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }

  copy(): Image {
    const copy = new Image()
    copy.buffer = Buffer.from(this.bytes)
    copy.length = this.length
    return copy
  }
}

function lengthAfter(length: number, change: Change): number {
  return 'bytes' in change ? Math.max(length, change.at + change.bytes.length) : change.length
}

/** A change of a name. A rename takes the old name away no sooner than the new one is there. */
type Entry = {
  readonly ended: number
  readonly name: string
  readonly node: Node | undefined
  readonly comesAfter?: [Folder, Entry]
}

class Folder {
  /** What programs see. */
  readonly entries = new Map<string, Node>()
  readonly synced = new Map<string, Node>()
  pending: Entry[] = []

  add(entry: Entry): void {
    apply(this.entries, entry)
    this.pending.push(entry)
  }
}

type Node = File | Folder

/** What becomes of that which was not synced: all of it is lost, or chance decides piece by piece. */
export type Loss = 'everything' | 'anything'

/** What is asked cannot be yet: another call, reported later, came before it. */
export class OutOfOrder extends Error {}

/** Below a root that is there and empty. Paths are relative to it; `ended` and `began` count in one order. */
export class Disk {
  private readonly root = new Folder()

  /** Gives the file, new or old; undefined for a folder. */
  open(path: string, { creates, truncates }: { creates: boolean; truncates: boolean }, ended: number): Node {
    const found = this.find(path)
    if (found) {
      if (truncates && found instanceof File) this.truncate(found, 0, ended)
      return found
    }
    if (!creates) throw new OutOfOrder(`${path} is opened and is not there`)
    const file = new File()
    this.set(path, file, ended)
    return file
  }

  write(node: Node, at: number, bytes: Buffer, ended: number): void {
    fileOf(node).pending.push({ ended, at, bytes })
  }

  truncate(node: Node, length: number, ended: number): void {
    fileOf(node).pending.push({ ended, length })
  }

  sizeOf(node: Node): number {
    return fileOf(node).length
  }

  /** Covers what had ended before the sync began. */
  sync(node: Node, began: number): void {
    if (node instanceof File) {
      for (const change of node.pending) if (change.ended < began) node.synced.apply(change)
      node.pending = node.pending.filter(({ ended }) => ended >= began)
      return
    }
    for (const entry of node.pending) if (entry.ended < began) settle(node, entry)
  }

  makeFolder(path: string, ended: number): void {
    if (this.find(path)) throw new OutOfOrder(`${path} is made and is there`)
    this.set(path, new Folder(), ended)
  }

  link(from: string, to: string, ended: number): void {
    this.set(to, this.get(from), ended)
  }

  rename(from: string, to: string, ended: number): void {
    const node = this.get(from)
    const [folder, name] = this.place(from)
    const added = this.set(to, node, ended)
    folder.add({ ended, name, node: undefined, comesAfter: added })
  }

  remove(path: string, ended: number): void {
    const node = this.get(path)
    if (node instanceof Folder && node.entries.size > 0)
      throw new OutOfOrder(`${path} is removed and is not empty: ${[...node.entries.keys()].slice(0, 3)}`)
    this.set(path, undefined, ended)
  }

  /** Writes what is left of it after a power cut now to `folder`, which is there and empty. */
  cut(folder: string, loss: Loss, random: Random): void {
    const survives = (share: number) => loss === 'anything' && random.next() < share
    const linked = new Map<File, string>()
    const left = new Map<Folder, Set<Entry>>()
    const write = (node: Folder, path: string) => {
      const kept = new Set<Entry>()
      left.set(node, kept)
      const share = random.next()
      const entries = new Map(node.synced)
      for (const entry of node.pending) {
        if (entry.comesAfter && !isThere(entry.comesAfter, left)) continue
        if (!survives(share)) continue
        kept.add(entry)
        apply(entries, entry)
      }
      for (const [name, child] of entries) {
        const target = join(path, name)
        if (child instanceof Folder) {
          mkdirSync(target)
          write(child, target)
        } else if (linked.has(child)) {
          linkSync(linked.get(child)!, target)
        } else {
          writeFileSync(target, remains(child, survives, random))
          linked.set(child, target)
        }
      }
    }
    write(this.root, folder)
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node instanceof Folder ? node.entries.get(name) : undefined
    }
    return node
  }

  private get(path: string): Node {
    return this.find(path) ?? missing(path)
  }

  private place(path: string): [Folder, string] {
    const slash = path.lastIndexOf('/')
    const folder = this.find(path.slice(0, Math.max(slash, 0)))
    if (!(folder instanceof Folder)) throw new OutOfOrder(`the folder of ${path} is not there`)
    return [folder, path.slice(slash + 1)]
  }

  private set(path: string, node: Node | undefined, ended: number): [Folder, Entry] {
    const [folder, name] = this.place(path)
    const entry = { ended, name, node }
    folder.add(entry)
    return [folder, entry]
  }
}

function fileOf(node: Node): File {
  if (node instanceof File) return node
  throw new Error('a folder is written like a file')
}

function missing(path: string): never {
  throw new OutOfOrder(`${path} is not there`)
}

function apply(entries: Map<string, Node>, { name, node }: Entry): void {
  if (node) entries.set(name, node)
  else entries.delete(name)
}

/** Makes an entry durable, and first what it comes after. */
function settle(folder: Folder, entry: Entry): void {
  if (entry.comesAfter) settle(...entry.comesAfter)
  if (!folder.pending.includes(entry)) return
  folder.pending = folder.pending.filter((other) => other !== entry)
  apply(folder.synced, entry)
}

/** Whether the new name of a rename is on the disk. Folders not looked at yet have lost what was not synced. */
function isThere([folder, entry]: [Folder, Entry], left: ReadonlyMap<Folder, ReadonlySet<Entry>>): boolean {
  return !folder.pending.includes(entry) || left.get(folder)?.has(entry) === true
}

/** Each change survives by itself, and of some writes a part. */
function remains(file: File, survives: (share: number) => boolean, random: Random): Buffer {
  const share = random.next()
  const image = file.synced.copy()
  for (const change of file.pending) {
    if (!survives(share)) continue
    const isTorn = 'bytes' in change && survives(0.2)
    const part = isTorn ? SECTOR * random.integer(0, Math.floor(change.bytes.length / SECTOR)) : 0
    image.apply(isTorn ? { ...change, bytes: change.bytes.subarray(0, part) } : change)
  }
  return image.bytes
}
