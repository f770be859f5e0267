import { eventually } from '../judges/processes.ts'

/** What a debugger sees of a process of Node's that was started with `--inspect`. */
export class Debugged {
  private readonly socket: WebSocket
  private readonly waiting = new Map<number, (answer: unknown) => void>()
  private last = 0
  private snapshot: string[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.addEventListener('message', ({ data }) => this.hear(JSON.parse(String(data))))
  }

  /** `log` gives what the process has written, which names the address of its debugger. */
  static async attach(log: () => string): Promise<Debugged> {
    const url = await eventually('a debugger', async () => /Debugger listening on (ws:\S+)/.exec(log())?.[1])
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    return new Debugged(socket)
  }

  close(): void {
    this.socket.close()
  }

  /** Every string and object that is alive, as text in JSON. */
  async heap(): Promise<string> {
    this.snapshot = []
    await this.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
    return this.snapshot.join('')
  }

  /** Which of these byte sequences, in hexadecimal, are in an ArrayBuffer that is alive, and in how long a one. */
  async inBuffers(sequences: readonly string[]): Promise<readonly string[]> {
    const prototype = await this.send('Runtime.evaluate', { expression: 'ArrayBuffer.prototype' })
    const prototypeObjectId = (prototype as { result: { objectId: string } }).result.objectId
    // What is sent from here on is in buffers that are made after these were listed.
    const { objects } = (await this.send('Runtime.queryObjects', { prototypeObjectId })) as {
      objects: { objectId: string }
    }
    const { result } = (await this.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: String(findIn),
      arguments: [{ value: sequences }],
      returnByValue: true,
    })) as { result: { value: readonly string[] } }
    return result.value
  }

  private send(method: string, params: object): Promise<unknown> {
    const id = ++this.last
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      this.socket.send(JSON.stringify({ id, method, params }))
    })
  }

  private hear(message: { id?: number; result?: unknown; method?: string; params?: { chunk?: string } }): void {
    if (message.method === 'HeapProfiler.addHeapSnapshotChunk') this.snapshot.push(message.params?.chunk ?? '')
    if (message.id === undefined) return
    this.waiting.get(message.id)?.(message.result)
    this.waiting.delete(message.id)
  }
}

/** Runs in the other process. */
function findIn(this: readonly ArrayBuffer[], sequences: readonly string[]): string[] {
  const found = []
  for (const buffer of this) {
    const bytes = Buffer.from(buffer)
    for (const digits of sequences) {
      const sequence = new Uint8Array(digits.match(/../g)!.map((byte) => Number.parseInt(byte, 16)))
      if (bytes.indexOf(sequence) >= 0) found.push(`${digits} in ${buffer.byteLength} bytes`)
    }
  }
  return found
}
