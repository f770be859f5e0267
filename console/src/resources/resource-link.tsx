import { PageLink } from '../layout/page-link.tsx'
import { arnTarget, type NamedByGuid } from './resource-paths.ts'

/** A link to what an ARN names; the ARN itself where that has no page. */
export function ArnLink({ arn, known }: { readonly arn: string; readonly known: readonly NamedByGuid[] }) {
  const target = arnTarget(arn, known)
  if (!target) return <span className="break">{arn}</span>
  const text = `${target.kind} ${target.name}`
  return target.path === undefined ? (
    <span className="break">{text}</span>
  ) : (
    <PageLink to={target.path}>{text}</PageLink>
  )
}
