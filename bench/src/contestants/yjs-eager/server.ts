import { EAGER_DEBOUNCE_MS } from '../../peers/yjs/debounce.js'
import { serveDocuments } from '../../peers/yjs/server.js'

await serveDocuments({ debounce: EAGER_DEBOUNCE_MS })
