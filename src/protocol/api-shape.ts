/** What a route takes and answers, as its OpenAPI document says it: references are into schemas/. */
export interface ApiShape {
  /** Schema of the JSON body, such as `relay-api.schema.json#/$defs/SyncRequest`; or the media type of bytes. */
  readonly body?: string
  /** Schema of the JSON answer, or the media type of another one; more where the request decides which it is. */
  readonly answer: string | readonly [string, ...string[]]
  /**
   * Told as it goes to who accepts application/x-ndjson: schema of what is told of the progress, or `silent` where
   * nothing is told before the result.
   */
  readonly progress?: string
  /** Of a stream of events: schema of the data of each event, by its name. */
  readonly events?: Readonly<Record<string, string>>
  /** Query parameters with what they are for. */
  readonly query?: Readonly<Record<string, string>>
  /** HTTP status of success, where it is not 200; more where it tells what was done. */
  readonly status?: SuccessStatus | readonly SuccessStatus[]
}

export type SuccessStatus = 200 | 201 | 206
