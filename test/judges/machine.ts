/**
 * How long the machine kept a test, and the processes it has started, from running. A judge of real time takes this
 * off: lateness up to it is the machine's, lateness beyond it is the program's.
 *
 * Waiting for a core is read from the scheduler rather than measured by a heartbeat inside each process, because such a
 * heartbeat would also be late, and excuse it, when the process itself computes for too long. Systems without
 * /proc/<pid>/schedstat have the heartbeat of the test alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Beat } from './machine-thread.ts'

export class MachineWatch {
  private readonly worker: Worker
  private readonly port: MessagePort
  private readonly beats: Beat[] = []

  private constructor(worker: Worker, port: MessagePort) {
    this.worker = worker
    this.port = port
  }

  /** Watches from now on, until `stop`. */
  static async start(): Promise<MachineWatch> {
    const { port1, port2 } = new MessageChannel()
    const worker = new Worker(new URL('machine-thread.ts', import.meta.url), {
      workerData: { port: port2, pid: process.pid },
      transferList: [port2],
    })
    worker.unref()
    port1.unref()
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve())
      worker.once('error', reject)
    })
    return new MachineWatch(worker, port1)
  }

  /**
   * Resolves with what `latenessOf` says of the time between two moments of `performance.now()`, in milliseconds, once
   * the whole of it is accounted for.
   */
  async lateness(from: number, to: number): Promise<number> {
    for (this.read(); (this.beats.at(-1)?.to ?? 0) < performance.timeOrigin + to; this.read()) await sleep(20)
    return latenessOf(this.beats, performance.timeOrigin + from, performance.timeOrigin + to)
  }

  async stop(): Promise<void> {
    await this.worker.terminate()
  }

  private read(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.port)
      if (!received) return
      this.beats.push(received.message as Beat)
    }
  }
}

/**
 * Lateness of the machine between two moments, in milliseconds, as `Beat`s have them: what a thread that only wakes up
 * was late by, or what some thread of the watched processes waited for a core, whichever is more, and what the machine
 * waited for its disk. It is never more than lies between the moments.
 */
export function latenessOf(beats: readonly Beat[], from: number, to: number): number {
  let sum = 0
  for (const beat of beats) {
    const length = beat.to - beat.from
    const share = (Math.min(beat.to, to) - Math.max(beat.from, from)) / length
    if (share > 0) sum += share * Math.min(length, Math.max(beat.late, beat.runQueue) + beat.disk)
  }
  return sum
}
