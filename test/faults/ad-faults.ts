import type { Fault } from './fault.ts'

/** In ad breaks, and what viewers are told of them. */
export const AD_FAULTS: readonly Fault[] = [
  {
    name: 'break-begins-with-the-window',
    breaks: 'The Period behind an ad break begins wherever the window does.',
    file: 'src/model/ad-events/ad-breaks.ts',
    find: 'return { ago: ago + 1, start }',
    replace: 'return { ago: 0, start }',
    caughtBy: { file: 'src/packaging/dash/ad-periods.test.ts', cases: 'are the same in every window' },
    failure: /Cannot read properties of undefined|Expected values/,
  },
  {
    name: 'break-told-of-again',
    breaks: 'An ad break that goes on behind a gap has its event again.',
    file: 'src/packaging/dash/periods.ts',
    find: 'if (!period || !boundary || number - boundary.ago < period.number) return period',
    replace:
      'if (!boundary || !period) return period; if (number - boundary.ago < period.number) return { ...period, ...(boundary.opens && { adBreak: boundary.opens }) }',
    caughtBy: { file: 'src/packaging/dash/ad-periods.test.ts', cases: 'begin where a stream has a gap, too' },
    failure: /duration="540000" id="101"/,
  },
  {
    name: 'splice-message-of-each-variant',
    breaks: 'Video segments of DASH have a message of SCTE 35 as often as there are variants.',
    file: 'src/model/ad-events/signal.ts',
    find: 'first.set(message.section, message)',
    replace: 'first.set(message.section + message.arrival, message)',
    caughtBy: { file: 'src/packaging/dash/splice-messages.test.ts', cases: 'are there once each' },
    failure: /Expected values/,
  },
  {
    name: 'cut-without-markers',
    breaks: 'Endpoints without ad markers have segments that begin at ad boundaries.',
    file: 'src/model/packaging.ts',
    find: 'const isCut = packaging.manifests.some(marksAds)',
    replace: 'const isCut = packaging.manifests.some(marksAds) || packaging.manifests.length > 0',
    caughtBy: { file: 'test/e2e/ad-assets.test.ts', cases: 'are nothing to an endpoint without markers' },
    failure: /Expected values/,
  },
  {
    name: 'open-events-keep-out-breaks',
    breaks: 'An encoder that ends no event has no breaks any more after 64.',
    file: 'src/model/ad-events/step.ts',
    find: 'for (; isFull(state.open, planned); leftOut++) {',
    replace:
      'if (isFull(state.open, planned)) { leftOut++; continue } for (; isFull(state.open, planned); leftOut++) {',
    caughtBy: { file: 'src/model/ad-events/step.test.ts', cases: 'end in the order in which they began' },
    failure: /Expected values/,
  },
  {
    name: 'messages-without-measure',
    breaks: 'SCTE-35 messages of slots that wait make the state of an input megabytes long.',
    file: 'src/model/input-timeline/kept-messages.ts',
    find: 'return room >= 0',
    replace: 'return room >= 0 || own.length > 0',
    caughtBy: {
      file: 'src/model/input-timeline/ad-events.test.ts',
      cases: 'are of as many messages as there is room for',
    },
    failure: /\d{6,} letters/,
  },
]
