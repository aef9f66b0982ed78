"""A development MongoDB: speaks the wire protocol to the unmodified driver and keeps its data in one SQLite file.

For one person's machine and for tests; it is no MongoDB and says so in its handshake. From the outside in: `server` and
`wire` (connections, frames), `commands` with `administration`, `index_commands`, `reads` and `writes`, then `store`
with `collection` and `journal` (memory and disk), and below them what values mean: `matching`, `updates`, `indexes`,
`planning`, `sorting`, `paths`, `ordering`.
"""
