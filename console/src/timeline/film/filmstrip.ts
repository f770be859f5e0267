import type { SignedFetch } from '../../api/signed-fetch.ts'
import { type DrawnPiece, rowsOf } from '../content/drawn-content.ts'
import type { FilmFrame } from '../drawing/draw-timeline.ts'
import { FILM_HEIGHT } from '../drawing/row-layout.ts'
import { TileCache } from '../model/tile-cache.ts'
import { type View, xAt } from '../model/view.ts'
import { type FilmCell, filmCells } from './film-cells.ts'
import { keyFrameAt } from './key-frame-picture.ts'

/** Pictures that are kept: about 100 KB each at a pixel ratio of 2. */
const MOST_PICTURES = 300
/** Decoders that work at a time. */
const CONCURRENCY = 3
const WIDEST = 16 / 9

/** The newest key frames at or before the beginnings of cells, or of what there is of content in them. */
export class Filmstrip {
  private readonly pictures: TileCache<ImageBitmap, FilmCell>

  constructor(path: string, signed: SignedFetch, onChange: () => void) {
    const height = Math.round(FILM_HEIGHT * Math.min(2, window.devicePixelRatio))
    this.pictures = new TileCache(
      ({ moment }: FilmCell, signal) => keyFrameAt(signed, { path, moment, height }, signal),
      { most: MOST_PICTURES, concurrency: CONCURRENCY, onChange },
    )
  }

  /** What the strip shows, as far as it has been read; asks for the rest. */
  frames(view: View, pieces: readonly DrawnPiece[]): readonly FilmFrame[] {
    const content = [...rowsOf(pieces, 'outputs'), ...rowsOf(pieces, 'inputs')].flatMap((row) => row.content)
    const cells = filmCells(view, Math.ceil(FILM_HEIGHT * WIDEST), content)
    this.pictures.want(cells)
    return cells.map((cell) => {
      const picture = this.pictures.get(cell)
      const width = picture ? (FILM_HEIGHT * picture.width) / picture.height : FILM_HEIGHT * WIDEST
      return { x: Math.round(xAt(view, cell.start)), width, picture }
    })
  }

  close(): void {
    this.pictures.close()
  }
}
