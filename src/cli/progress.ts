/** How far long work has come, for people: a bar in a terminal, plain lines in a pipe. Goes to stderr. */
export interface Progress {
  update(label: string, done: number, total: number): void
  end(): void
}

const BAR_WIDTH = 30
/** A pipe gets a line for each tenth, so that a log stays readable. */
const STEPS = 10
/** Often enough to look alive. */
const REDRAW_MS = 100

export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines(stream)
}

function bar(stream: NodeJS.WriteStream): Progress {
  let drawn = 0
  let open = false
  return {
    update(label, done, total) {
      const now = performance.now()
      if (now - drawn < REDRAW_MS && done < total) return
      drawn = now
      open = true
      const filled = total > 0 ? Math.round((done / total) * BAR_WIDTH) : 0
      const text = `${label} [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${done}/${total}`
      stream.write(`\r\u001B[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
    },
    end() {
      if (open) stream.write('\n')
      open = false
    },
  }
}

function lines(stream: NodeJS.WriteStream): Progress {
  let last = ''
  return {
    update(label, done, total) {
      const step = total > 0 ? Math.floor((done / total) * STEPS) : 0
      const key = `${label} ${step}`
      if (key === last) return
      last = key
      stream.write(`${label}: ${done} of ${total}\n`)
    },
    end() {
      last = ''
    },
  }
}
