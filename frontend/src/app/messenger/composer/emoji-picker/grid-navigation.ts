/**
 * The cell that a key leads to from another one, in several grids below each other whose cells are numbered through.
 * Undefined: it leads out of them, above the first row; or it is another key.
 */
export function cellAfter(
  key: string,
  from: number,
  sizes: readonly number[],
  columns: number,
): number | undefined {
  const rows = toRows(sizes, columns);
  const row = rows.findIndex(({ first, count }) => from >= first && from < first + count);
  const here = rows[row];
  const last = rows.at(-1);
  if (!here || !last) return undefined;
  const sameColumn = (target: Row | undefined): number | undefined =>
    target && target.first + Math.min(from - here.first, target.count - 1);
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, from - 1);
    case 'ArrowRight':
      return Math.min(last.first + last.count - 1, from + 1);
    case 'ArrowUp':
      return sameColumn(rows[row - 1]);
    case 'ArrowDown':
      return sameColumn(rows[row + 1]) ?? from;
    case 'Home':
      return here.first;
    case 'End':
      return here.first + here.count - 1;
    default:
      return undefined;
  }
}

interface Row {
  readonly first: number;
  readonly count: number;
}

function toRows(sizes: readonly number[], columns: number): Row[] {
  const rows: Row[] = [];
  let start = 0;
  for (const size of sizes) {
    for (let first = start; first < start + size; first += columns) {
      rows.push({ first, count: Math.min(columns, start + size - first) });
    }
    start += size;
  }
  return rows;
}
