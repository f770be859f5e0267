import { ArnLink } from '../resources/resource-link.tsx'
import { arnTarget, type NamedByGuid } from '../resources/resource-paths.ts'
import { Moment } from '../time/moment.tsx'
import './detail-tree.css'
import type { Branch } from './event-words.ts'

/** RFC 3339, as the API writes moments. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** The details of an event, level below level; ARNs are links, and moments in the zone that is shown. */
export function DetailTree({
  branches,
  known,
}: {
  readonly branches: readonly Branch[]
  readonly known: readonly NamedByGuid[]
}) {
  return (
    <dl className="detail-tree">
      {branches.map((branch) => (
        <div key={branch.name}>
          <dt>{branch.name}</dt>
          <dd>
            {'branches' in branch ? (
              <DetailTree branches={branch.branches} known={known} />
            ) : (
              <Leaf text={branch.text} known={known} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Leaf({ text, known }: { readonly text: string; readonly known: readonly NamedByGuid[] }) {
  if (MOMENT.test(text)) return <Moment at={text} precision="millisecond" />
  return arnTarget(text, known) ? <ArnLink arn={text} known={known} /> : <span className="break">{text}</span>
}
