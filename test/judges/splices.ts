/** What tshark reads of the splice_info_sections of a transport stream. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpliceSignal } from '../../src/media/splice-signal.ts'
import { run, temporaryFolder } from './processes.ts'

/** A section. It must state the length of its command, and have no sub-segments, which tshark 4 does not know. */
type JudgedSplice = {
  readonly commandType: number
  readonly ptsAdjustment: number
  readonly tier: number
  readonly ptsTime?: number
  readonly signals: readonly SpliceSignal[]
}

const WRAP = 2 ** 33
const folder = temporaryFolder('splices')
let files = 0

/** Those of all PIDs in the order of the file, whatever their CRC. */
export async function judgedSplices(ts: Uint8Array): Promise<JudgedSplice[]> {
  const file = join(folder, `${files++}.ts`)
  writeFileSync(file, ts)
  const pdml = (await run('tshark', ['-r', file, '-Y', 'scte35', '-T', 'pdml'])).toString()
  const fields = [...pdml.matchAll(/<field name="(scte35[^"]*)".*? show="([^"]*)"(?: value="([^"]*)")?/g)]
  const listed = fields.map(([, name, show, value]): Field => ({ name: name!, show: show!, value: value ?? '' }))
  return groups(listed, 'scte35.tid').map(readSection)
}

type Field = { readonly name: string; readonly show: string; readonly value: string }

/** Each begins with the field that has this name; what precedes the first is left out. */
function groups(fields: readonly Field[], name: string): Field[][] {
  const starts = fields.flatMap((field, at) => (field.name === name ? [at] : []))
  return starts.map((start, n) => fields.slice(start, starts[n + 1]))
}

/** Numbers of the fields with a name, which tshark shows in decimal or hexadecimal. */
const numbers = (fields: readonly Field[], name: string) =>
  fields.filter((field) => field.name === name).map(({ show }) => Number(show))
const number = (fields: readonly Field[], name: string) => numbers(fields, name)[0]
const needed = (fields: readonly Field[], name: string) => {
  const found = number(fields, name)
  if (found === undefined) throw new Error(`tshark shows no ${name}: ${JSON.stringify(fields)}`)
  return found
}
const isSet = (fields: readonly Field[], name: string) => number(fields, name) === 1

function readSection(fields: readonly Field[]): JudgedSplice {
  const ptsAdjustment = needed(fields, 'scte35.pts_adjustment')
  const times = ['scte35_si.splice_time.pts', 'scte35_si.component.pts', 'scte35_time.splice.pts']
  // Fixtures have no wrap of the clock between two components.
  const found = times.flatMap((name) => numbers(fields, name))
  const ptsTime = found.length > 0 ? Math.min(...found) : undefined
  const time = ptsTime === undefined ? undefined : (ptsTime + ptsAdjustment) % WRAP
  const insert = fields.some(({ name }) => name === 'scte35_si.event_id') ? [readInsert(fields, time)] : []
  const descriptors = groups(fields, 'scte35.splice_descriptor.tag')
  const segmentations = descriptors.filter((each) => needed(each, 'scte35.splice_descriptor.tag') === 2)
  return {
    commandType: needed(fields, 'scte35.splice_command_type'),
    ptsAdjustment,
    tier: needed(fields, 'scte35.tier'),
    ...(ptsTime !== undefined && { ptsTime }),
    signals: [...insert, ...segmentations.map((each) => readSegmentation(each, time))],
  }
}

function readInsert(fields: readonly Field[], time: number | undefined): SpliceSignal {
  const of = (name: string) => needed(fields, `scte35_si.${name}`)
  const head = { kind: 'splice-insert', id: of('event_id') } as const
  if (of('cancelled') === 1) return { ...head, isCancel: true }
  return {
    ...head,
    isOut: of('out_of_net') === 1,
    ...(time !== undefined && { time }),
    ...(of('duration_flag') === 1 && { autoReturn: of('break.auto_return') === 1, duration: of('break.duration') }),
    programId: of('upid'),
    availNum: of('avail'),
    availsExpected: of('avails_expected'),
  }
}

function readSegmentation(fields: readonly Field[], time: number | undefined): SpliceSignal {
  const name = (short: string) => `scte35.splice_descriptor.${short}`
  const of = (short: string) => needed(fields, name(short))
  const is = (short: string) => isSet(fields, name(short))
  const head = { kind: 'segmentation', id: of('event_id') } as const
  if (is('cancel_indicator')) return { ...head, isCancel: true }
  const offsets = numbers(fields, name('component.pts_offset'))
  const duration = number(fields, name('segmentation_duration'))
  const upid = fields.find((field) => field.name === name('upid'))
  return {
    ...head,
    typeId: of('segmentation_type_id'),
    ...(time !== undefined && { time: (time + (offsets.length > 0 ? Math.min(...offsets) : 0)) % WRAP }),
    ...(duration !== undefined && { duration }),
    ...(of('upid_length') > 0 && { upid: { type: of('upid_type'), bytes: upid!.value } }),
    ...(!is('dnr') && {
      restrictions: {
        webDeliveryAllowed: is('web_delivery_allowed'),
        noRegionalBlackout: is('no_regional_blackout'),
        archiveAllowed: is('archive_allowed'),
        deviceRestrictions: of('device_restrictions'),
      },
    }),
    segmentNum: of('segment_num'),
    segmentsExpected: of('segments_expected'),
  }
}
