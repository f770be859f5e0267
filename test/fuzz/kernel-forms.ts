import assert from 'node:assert/strict'
import { MalformedMedia } from '../../src/media/bytes.ts'
import type { Kernel } from '../../src/media/kernel/kernel.ts'
import { TypeScriptKernel } from '../../src/media/kernel/typescript-kernel.ts'
import { newWebAssemblyKernel } from '../../src/media/kernel/webassembly-kernel.ts'
import { DemuxBuffer } from '../../src/media/ts/demux-buffer.ts'
import { type DemuxedSegment, demuxTs } from '../../src/media/ts/demuxer.ts'

/** Takes segments apart by both forms of the kernel, in memory that is used again. */
export class BothForms {
  private readonly buffers = [
    new DemuxBuffer((size) => new TypeScriptKernel(size)),
    new DemuxBuffer(webAssemblyKernel),
  ] as const

  /** What both make of a segment: undefined when both refuse it with the same words. Throws where they differ. */
  demux(ts: Uint8Array): DemuxedSegment | undefined {
    const [typeScript, webAssembly] = this.buffers.map((buffer) => outcomeOf(buffer, ts))
    assert.deepEqual(comparable(webAssembly), comparable(typeScript))
    return typeof typeScript === 'string' ? undefined : typeScript
  }
}

function webAssemblyKernel(size: number): Kernel {
  const kernel = newWebAssemblyKernel(size)
  assert.ok(kernel)
  return kernel
}

function outcomeOf(buffer: DemuxBuffer, ts: Uint8Array): DemuxedSegment | string {
  buffer.fill([ts])
  try {
    return demuxTs(buffer)
  } catch (error) {
    if (error instanceof MalformedMedia) return error.message
    throw error
  }
}

/** The same with texts for bytes and numbers, which `deepEqual` compares a hundred times as fast. */
function comparable(outcome: unknown): unknown {
  if (ArrayBuffer.isView(outcome)) {
    return Buffer.from(outcome.buffer, outcome.byteOffset, outcome.byteLength).toString('latin1')
  }
  if (Array.isArray(outcome)) return outcome.map(comparable)
  if (typeof outcome !== 'object' || outcome === null) return outcome
  return Object.fromEntries(Object.entries(outcome).map(([name, value]) => [name, comparable(value)]))
}
