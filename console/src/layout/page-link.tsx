import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import Link, { type LinkProps } from '@cloudscape-design/components/link'
import { useLocation, useRouter } from 'wouter'

/** A link to a page of the console; `to` is its path, percent-encoded, and shown without loading the console anew. */
export function PageLink({ to, ...props }: Omit<LinkProps, 'href' | 'onFollow'> & { readonly to: string }) {
  return <Link {...props} {...usePageTarget(to)} />
}

/** The same as a button. */
export function PageButton({ to, ...props }: Omit<ButtonProps, 'href' | 'onFollow'> & { readonly to: string }) {
  return <Button {...props} {...usePageTarget(to)} />
}

function usePageTarget(to: string) {
  const { base } = useRouter()
  const [, navigate] = useLocation()
  return {
    href: base + to,
    onFollow(event: { preventDefault(): void }) {
      event.preventDefault()
      navigate(to)
    },
  }
}
