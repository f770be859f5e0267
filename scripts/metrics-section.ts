import { METRICS } from '../src/metrics.ts'

/** The section of docs/operations.md about what is measured. */
export function metricsSection(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => {
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`
  })
  return `## Metrics

Prometheus reads \`/metrics\` on \`metrics-listen\` (\`127.0.0.1:9464\` unless another process has that port, which the log says),
with the bearer token \`metrics-token\` where that is set. Every process has its own. [Monitoring](monitoring.md) says what
to watch, and has the alerts. These names and labels are stable; those of \`process_…\` and \`nodejs_…\` beside them are
prom-client's, which is loaded when the server is ready: they have nothing of the start.

| metric | type | labels | |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
