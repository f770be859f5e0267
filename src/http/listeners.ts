import { setTimeout } from 'node:timers/promises'
import type { Mount } from './handler.ts'
import { type Listener, type ListenOptions, listen } from './listener.ts'
import type { ListenerTls } from './tls-server.ts'

export type OpenListener = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** The listeners of a process, which stop together. */
export class Listeners {
  private readonly options: Omit<ListenOptions, 'name' | 'host' | 'port' | 'mounts'>
  private readonly all: (OpenListener & { readonly listener: Listener })[] = []

  constructor(options: Omit<ListenOptions, 'name' | 'host' | 'port' | 'mounts'>) {
    this.options = options
  }

  async open(
    name: string,
    { host, port }: { readonly host: string; readonly port: number },
    mounts: readonly Mount[],
    tls?: ListenerTls,
  ): Promise<Listener> {
    const listener = await listen({ ...this.options, name, host, port, mounts, ...(tls && { tls }) })
    this.all.push({ name, ...listener.address, tls: tls !== undefined, listener })
    return listener
  }

  /** Those that were opened, in that order. */
  get opened(): readonly OpenListener[] {
    return this.all
  }

  /** Serves for another `delayMs`, while clients are told to go elsewhere, then closes. */
  async drain(delayMs: number): Promise<void> {
    for (const { listener } of this.all) listener.retire()
    await setTimeout(delayMs)
    await this.close()
  }

  /** Lets requests in flight finish, as `Listener.close` says. */
  async close(): Promise<void> {
    await Promise.all(this.all.map(({ listener }) => listener.close()))
  }
}
