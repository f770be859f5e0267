import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { pathOf } from '../api/api-client.ts'
import type { Input } from '../api/resources.ts'
import { useApi } from '../api/session.ts'
import { durationText } from '../time/duration-text.ts'
import { medianDistance } from './channel-state.ts'

/** Key frames of this span are measured. */
const SPAN_MS = 20_000
/** Key frames are told of where a step is shorter than a segment. */
const RESOLUTION_SECONDS = 0.05
const REFRESH_MS = 30_000

/** The time between key frames, of the input that endpoints show: only of what is shown they are known. */
export function KeyFrameDistance({ channelId, input }: { readonly channelId: string; readonly input: Input }) {
  const api = useApi()
  const until = input.isFollowed ? input.openEras.at(-1)?.shownUntil : undefined
  const { data } = useQuery({
    queryKey: ['channel', 'key-frames', channelId],
    queryFn: async ({ signal }) => {
      const end = Date.parse(until ?? '')
      const query = {
        startTime: new Date(end - SPAN_MS).toISOString(),
        endTime: new Date(end).toISOString(),
        resolutionSeconds: RESOLUTION_SECONDS,
      }
      const path = pathOf`/windrow/v1/channels/${channelId}/timeline`
      const { keyFrames = [] } = await api.get<WindrowOutputs['DescribeTimeline']>(path, query, signal)
      return medianDistance(keyFrames.map(({ time }) => Date.parse(time))) ?? null
    },
    refetchInterval: REFRESH_MS,
    enabled: until !== undefined,
  })
  return until === undefined || data === undefined || data === null ? '–' : durationText(data)
}
