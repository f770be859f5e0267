import type { ByteReader } from '../bytes.ts'
import type { SpliceInsert } from '../splice-signal.ts'
import { earliest, read33, readSpliceTime, sumOfTimes } from './times.ts'

/** A splice_insert(), and its pts_time as it came; of several components, the earliest. */
type ReadInsert = { readonly signal: SpliceInsert; readonly ptsTime: number | undefined }

/** Reads splice_insert(), §9.7.3. Throws MalformedMedia when it is cut off. */
export function readSpliceInsert(reader: ByteReader, ptsAdjustment: number): ReadInsert {
  const head = { kind: 'splice-insert', id: reader.u32() } as const
  if ((reader.u8() & 0x80) !== 0) return { signal: { ...head, isCancel: true }, ptsTime: undefined }
  const flags = reader.u8()
  const ptsTime = readPtsTime(reader, { isWhole: (flags & 0x40) !== 0, isImmediate: (flags & 0x10) !== 0 })
  const signal = {
    ...head,
    isOut: (flags & 0x80) !== 0,
    ...(ptsTime !== undefined && { time: sumOfTimes(ptsTime, ptsAdjustment) }),
    ...((flags & 0x20) !== 0 && readBreakDuration(reader)),
    programId: reader.u16(),
    availNum: reader.u8(),
    availsExpected: reader.u8(),
  }
  return { signal, ptsTime }
}

type Mode = {
  /** program_splice_flag; else there is a time for each component. */
  readonly isWhole: boolean
  /** splice_immediate_flag */
  readonly isImmediate: boolean
}

function readPtsTime(reader: ByteReader, { isWhole, isImmediate }: Mode): number | undefined {
  if (isWhole) return isImmediate ? undefined : readSpliceTime(reader)
  const times: number[] = []
  for (let left = reader.u8(); left > 0; left--) {
    // component_tag
    reader.skip(1)
    const time = isImmediate ? undefined : readSpliceTime(reader)
    if (time !== undefined) times.push(time)
  }
  return earliest(times)
}

/** Reads break_duration(), §9.8.2. */
function readBreakDuration(reader: ByteReader): { readonly autoReturn: boolean; readonly duration: number } {
  const first = reader.bytes[reader.position]!
  return { autoReturn: (first & 0x80) !== 0, duration: read33(reader) }
}
