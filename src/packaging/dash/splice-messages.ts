import { spliceMessageBox } from '../../media/mp4/event-message.ts'
import { unwrapPts } from '../../media/time.ts'
import { distinctMessages } from '../../model/ad-events/signal.ts'
import { type OutputSegment, objectsOf } from '../../model/output-segment.ts'

/**
 * The messages of SCTE 35 that arrived with an output segment as boxes of event messages, each once though all variants
 * carry it. Their times are those of their first signals, or of their arrival where they take effect at once. Players
 * take equal identifiers for one event, and what ends an event has the id of what began it: identifiers are the
 * sections' CRC_32.
 */
export function spliceMessages({ slots }: OutputSegment): readonly Uint8Array[] {
  const arrived = slots.flatMap(objectsOf).flatMap(({ messages = [] }) => messages)
  return distinctMessages(arrived).map(({ arrival, section, signals }) => {
    const [first] = signals
    const { time, duration } = first && !first.isCancel ? first : {}
    return spliceMessageBox({
      presentationTime: time === undefined ? arrival : Math.max(unwrapPts(time, arrival), 0),
      duration,
      id: Number.parseInt(section.slice(-8), 16) || 0,
      data: Buffer.from(section, 'hex'),
    })
  })
}
