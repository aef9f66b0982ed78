"""A development server that speaks MongoDB's wire protocol to the unmodified driver. Its data is in one SQLite file.

For local development and tests only; its handshake identifies it as not being MongoDB. From the outside in: `server`
and `wire` (connections, frames), `commands` with `administration`, `index_commands`, `reads` and `writes`, which run in
`turns`, then `store` with `collection`, `scans` and `journal` (memory and disk), and the semantics of queries and
values: `matching`, `updates`, `indexes` with `entries`, `planning`, `sorting`, `paths`, `ordering`.
"""
