/** Imported with { loader: 'file' }: the path of the built file, beside the scripts. */
declare module '*.css' {
  const path: string;
  export default path;
}
