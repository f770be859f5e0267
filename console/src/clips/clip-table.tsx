import Box from '@cloudscape-design/components/box'
import type { ClipReport } from '../../../src/control/clip-operations.ts'
import { bytesText } from '../amounts.ts'
import { PageLink } from '../layout/page-link.tsx'
import { channelPath, clipPath, rulePath } from '../resources/resource-paths.ts'
import type { ShownTable } from '../tables/resource-table.tsx'
import { durationText, runningTimeText } from '../time/duration-text.ts'
import { Age, Moment } from '../time/moment.tsx'
import { lengthOf, momentOf } from '../time/moment-text.ts'

/** Clips, as a table shows them. */
export const CLIP_TABLE: ShownTable<ClipReport> = {
  keyOf: ({ id }) => id,
  columns: [
    {
      id: 'id',
      header: 'Clip',
      text: ({ id }) => id,
      cell: ({ id }) => <PageLink to={clipPath(id)}>{id}</PageLink>,
      isRowHeader: true,
      minWidth: 160,
    },
    {
      id: 'channel',
      header: 'Channel',
      text: ({ channelId }) => channelId,
      cell: ({ channelId }) => <PageLink to={channelPath(channelId)}>{channelId}</PageLink>,
      minWidth: 120,
    },
    {
      id: 'window',
      header: 'Window',
      text: ({ startTime, endTime }) => `${startTime} ${endTime}`,
      sortBy: ({ startTime }) => momentOf(startTime),
      cell: (clip) => (
        <>
          <Moment at={clip.startTime} />
          <Box variant="small" display="block">
            {runningTimeText(lengthOf(clip))}
          </Box>
        </>
      ),
      minWidth: 190,
    },
    {
      id: 'length',
      header: 'Length',
      text: (clip) => durationText(lengthOf(clip)),
      sortBy: lengthOf,
      minWidth: 100,
    },
    { id: 'cut', header: 'Cut', text: ({ cut }) => cut, minWidth: 100 },
    {
      id: 'pinned',
      header: 'Keeps',
      text: ({ pinnedBytes }) => bytesText(pinnedBytes),
      sortBy: ({ pinnedBytes }) => pinnedBytes,
      minWidth: 100,
    },
    {
      id: 'expires',
      header: 'Expires',
      text: ({ expiresAt }) => expiresAt ?? 'Never',
      sortBy: ({ expiresAt }) => momentOf(expiresAt) ?? Number.MAX_VALUE,
      cell: ({ expiresAt }) => (expiresAt === undefined ? 'Never' : <Age at={expiresAt} />),
      minWidth: 110,
    },
    {
      id: 'created',
      header: 'Created',
      text: ({ createdAt }) => createdAt,
      sortBy: ({ createdAt }) => momentOf(createdAt),
      cell: ({ createdAt }) => <Age at={createdAt} />,
      minWidth: 110,
    },
    {
      id: 'rule',
      header: 'Rule',
      text: ({ ruleId }) => ruleId ?? '–',
      cell: ({ ruleId }) => (ruleId === undefined ? '–' : <PageLink to={rulePath(ruleId)}>{ruleId}</PageLink>),
      minWidth: 100,
    },
  ],
  filters: [
    { id: 'channel', label: 'Channel', of: ({ channelId }) => channelId },
    { id: 'rule', label: 'Rule', of: ({ ruleId }) => ruleId },
  ],
}
