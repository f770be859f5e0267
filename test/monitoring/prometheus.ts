import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, freePort, type Running, start, temporaryFolder } from '../judges/processes.ts'
import { programPath } from '../programs.ts'

/** A Prometheus that reads one process each second. */
export class Prometheus {
  readonly url: string
  private readonly running: Running

  private constructor(port: number, target: string) {
    this.url = `http://127.0.0.1:${port}`
    const folder = temporaryFolder('prometheus')
    const config = {
      scrape_configs: [{ job_name: 'windrow', scrape_interval: '1s', static_configs: [{ targets: [target] }] }],
    }
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
    this.running = start(programPath('prometheus'), [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ])
  }

  /** Resolves when it has read the target once. */
  static async start(target: string): Promise<Prometheus> {
    const prometheus = new Prometheus(await freePort(), target)
    await eventually('a first scrape', async () => {
      const [up] = await prometheus.query('up{job="windrow"}').catch(() => [])
      return up?.value === 1 || undefined
    })
    return prometheus
  }

  /** The instant vector of an expression. */
  async query(expression: string): Promise<{ labels: Readonly<Record<string, string>>; value: number }[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const answer = (await response.json()) as {
      status: string
      error?: string
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
    }
    if (!answer.data) throw new Error(`${expression}: ${answer.error}`)
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** The single value of an expression. */
  async value(expression: string): Promise<number> {
    const [one, ...more] = await this.query(expression)
    if (!one || more.length > 0) throw new Error(`${expression} has ${one ? more.length + 1 : 0} values`)
    return one.value
  }

  async stop(): Promise<void> {
    this.running.child.kill('SIGTERM')
    await this.running.ended
  }
}
