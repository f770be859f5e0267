import { type ComponentType, lazy } from 'react'

/** A page; its code is loaded when it is shown. Segments of `path` that begin with a colon are its properties. */
export type Page = {
  readonly path: string
  /** In the navigation; absent for pages of one resource. */
  readonly label?: string
  readonly Content: ComponentType<Record<string, string>>
}

const page = (path: string, label: string | undefined, load: () => Promise<{ Page: ComponentType<never> }>): Page => ({
  path,
  ...(label !== undefined && { label }),
  Content: lazy(async () => ({ default: (await load()).Page as ComponentType<Record<string, string>> })),
})

/** All pages, the first that matches an address is shown. */
export const PAGES: readonly Page[] = [
  page('/', 'Home', () => import('../pages/home/page.tsx')),
  page('/harvest-jobs', 'Harvest jobs', () => import('../pages/harvest-jobs/page.tsx')),
  page('/harvest-jobs/:id', undefined, () => import('../pages/harvest-job/page.tsx')),
  page('/clips', 'Clips', () => import('../pages/clips/page.tsx')),
  page('/clips/:id', undefined, () => import('../pages/clip/page.tsx')),
  page('/schedules', 'Schedules', () => import('../pages/schedules/page.tsx')),
  page('/create-schedule', undefined, () => import('../pages/create-schedule/page.tsx')),
  page('/schedules/:id', undefined, () => import('../pages/schedule/page.tsx')),
  page('/schedules/:id/edit', undefined, () => import('../pages/edit-schedule/page.tsx')),
  page('/rules', 'Rules', () => import('../pages/rules/page.tsx')),
  page('/create-rule', undefined, () => import('../pages/create-rule/page.tsx')),
  page('/rules/:id', undefined, () => import('../pages/rule/page.tsx')),
  page('/rules/:id/edit', undefined, () => import('../pages/edit-rule/page.tsx')),
  page('/events', 'Events', () => import('../pages/events/page.tsx')),
  page('/usage', 'Usage', () => import('../pages/usage/page.tsx')),
  page('/health', 'Health', () => import('../pages/health/page.tsx')),
  page('/channels/:id', undefined, () => import('../pages/channel/page.tsx')),
  page('/channels/:id/timeline', undefined, () => import('../pages/timeline/page.tsx')),
  page('/create-origin-endpoint', undefined, () => import('../pages/create-origin-endpoint/page.tsx')),
  page('/origin-endpoints/:id', undefined, () => import('../pages/origin-endpoint/page.tsx')),
  page('/origin-endpoints/:id/edit', undefined, () => import('../pages/edit-origin-endpoint/page.tsx')),
]
