/** Some rows of a longer list, newest first. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of the whole list. */
  readonly total: number;
  readonly hasMore: boolean;
}
