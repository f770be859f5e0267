import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { durationText } from '../time/duration-text.ts'
import { Moment } from '../time/moment.tsx'

/** Gaps of the last day count. */
const SPAN_MS = 86_400_000
/** Times of gaps are exact whatever the resolution is. */
const RESOLUTION_SECONDS = 60
const REFRESH_MS = 30_000

/** The last gap in what came in during the last day. */
export function LastGap({ channelId, isWatched = true }: { readonly channelId: string; readonly isWatched?: boolean }) {
  const api = useApi()
  const { data, error } = useQuery({
    queryKey: ['channel', 'gaps', channelId],
    queryFn: async ({ signal }) => {
      const now = Date.now()
      const query = {
        startTime: new Date(now - SPAN_MS).toISOString(),
        endTime: new Date(now).toISOString(),
        resolutionSeconds: RESOLUTION_SECONDS,
      }
      const path = pathOf`/windrow/v1/channels/${channelId}/timeline`
      const { inputs } = await api.get<WindrowOutputs['DescribeTimeline']>(path, query, signal)
      return (
        inputs
          .flatMap(({ gaps }) => gaps)
          .toSorted((a, b) => (a.endTime < b.endTime ? -1 : 1))
          .at(-1) ?? null
      )
    },
    refetchInterval: REFRESH_MS,
    enabled: isWatched,
  })
  if (error) return '–'
  if (data === undefined) return '…'
  if (data === null) return 'None in 24 hours'
  const lasted = Date.parse(data.endTime) - Date.parse(data.startTime)
  return (
    <>
      <Moment at={data.endTime} />, {durationText(lasted)}
    </>
  )
}
