import { type ByteRange, NoSuchObject, type Objects, type ObjectWriter } from '../../src/stores/objects.ts'

/** Objects as long as the process lives. */
export class MemoryObjects implements Objects {
  private readonly objects = new Map<string, Buffer>()

  async create(key: string): Promise<ObjectWriter> {
    const chunks: Uint8Array[] = []
    return {
      write: async (chunk) => void chunks.push(chunk),
      commit: async () => {
        this.objects.set(key, Buffer.concat(chunks))
        return {}
      },
      abort: async () => void this.objects.delete(key),
    }
  }

  async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    const bytes = this.objects.get(key)
    if (!bytes) throw new NoSuchObject(key)
    return range ? bytes.subarray(range.start, range.end) : bytes
  }

  open(key: string, range?: ByteRange): Promise<Uint8Array> {
    return this.read(key, range)
  }

  location(): undefined {}

  async remove(key: string): Promise<void> {
    this.objects.delete(key)
  }

  async *list(prefix: string): AsyncGenerator<string> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield key
  }
  keys(): readonly string[] {
    return [...this.objects.keys()]
  }
}
