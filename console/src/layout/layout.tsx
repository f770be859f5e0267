import AppLayout from '@cloudscape-design/components/app-layout'
import I18nProvider from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en.json'
import SideNavigation from '@cloudscape-design/components/side-navigation'
import Spinner from '@cloudscape-design/components/spinner'
import TopNavigation from '@cloudscape-design/components/top-navigation'
import { Suspense, useState } from 'react'
import { Route, Switch, useLocation, useRouter } from 'wouter'
import { forgetSession, useSession } from '../api/session.ts'
import { PageFault } from './page-fault.tsx'
import { PAGES } from './pages.tsx'
import { chooseTheme, type Theme } from './theme.ts'

const THEMES = [
  { id: 'system', text: 'As the browser' },
  { id: 'light', text: 'Light' },
  { id: 'dark', text: 'Dark' },
]

/** Navigation around the page that the address names. */
export function Layout() {
  const [path, navigate] = useLocation()
  const [isOpen, setIsOpen] = useState(window.innerWidth > 900)
  const { base } = useRouter()
  const { accessKeyId, signOut } = useSession()
  const items = PAGES.flatMap((each) =>
    each.label === undefined ? [] : [{ type: 'link' as const, text: each.label, href: base + each.path }],
  )
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <div id="top">
        <TopNavigation
          identity={{ href: `${base}/`, title: 'Windrow', onFollow: follow(navigate, base) }}
          utilities={[
            {
              type: 'menu-dropdown',
              text: 'Theme',
              items: THEMES,
              onItemClick: ({ detail }) => chooseTheme(detail.id as Theme),
            },
            {
              type: 'menu-dropdown',
              text: accessKeyId,
              iconName: 'user-profile',
              items: [{ id: 'sign-out', text: 'Sign out' }],
              onItemClick() {
                forgetSession()
                signOut()
              },
            },
          ]}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setIsOpen(detail.open)}
        navigation={<SideNavigation activeHref={base + path} items={items} onFollow={follow(navigate, base)} />}
        content={
          <PageFault key={path}>
            <Suspense fallback={<Spinner size="large" />}>
              <Switch>
                {PAGES.map(({ path: pattern, Content }) => (
                  <Route key={pattern} path={pattern}>
                    {(parameters) => <Content {...(parameters as Record<string, string>)} />}
                  </Route>
                ))}
                <Route>There is no page at this address.</Route>
              </Switch>
            </Suspense>
          </PageFault>
        }
      />
    </I18nProvider>
  )
}

/** Follows links within the console without loading it anew. */
function follow(navigate: (path: string) => void, base: string) {
  return (event: {
    preventDefault(): void
    readonly detail: { readonly href?: string; readonly external?: boolean }
  }) => {
    const { href, external } = event.detail
    if (href === undefined || external || !href.startsWith(`${base}/`)) return
    event.preventDefault()
    navigate(href.slice(base.length))
  }
}
