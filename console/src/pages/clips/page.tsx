import type { ClipReport } from '../../../../src/control/clip-operations.ts'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useListing } from '../../api/listing.ts'
import { CLIP_TABLE } from '../../clips/clip-table.tsx'
import { DeleteClip } from '../../clips/delete-clip.tsx'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'

const TABLE: ShownTable<ClipReport> = {
  ...CLIP_TABLE,
  columns: [
    ...CLIP_TABLE.columns,
    {
      id: 'actions',
      header: 'Actions',
      hasNoOrder: true,
      text: () => '',
      cell: ({ id }) => <DeleteClip id={id} />,
      minWidth: 110,
    },
  ],
}

/** Clips, the latest first. */
export function Page() {
  const clips = useListing<WindrowOutputs['ListClips'], ClipReport>({
    kind: 'clip',
    path: '/windrow/v1/clips',
    query: { order: 'NEWEST_FIRST' },
    rowsOf: (page) => page.clips,
  })
  return (
    <ResourceTable
      description={TABLE}
      listing={clips}
      title="Clips"
      about="A clip plays a part of a channel at once, without copying it, and keeps it for as long as the clip lasts."
      empty="There is no clip yet. Make one on the timeline of a channel."
    />
  )
}
