import '../../peers/automerge/server.js'
