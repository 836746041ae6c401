import { serveDocuments } from '../../peers/yjs/server.js'

await serveDocuments({})
