/** How long a worker waits for what. All in ms. */
export const timings = {
  /** How long a manager has for itself to let in who is new, before the others are dialled as well. */
  firstAloneMs: 400,
  /** Until a dial that gets no answer is given up. */
  dialTimeoutMs: 2_000,
  /** Until a hello that gets no answer is given up; it may have to wait for an election. */
  helloTimeoutMs: 3_000,
  /** The longest pause between two dials of one manager. */
  redialMaxMs: 1_000,
  /** How long a link must have stood before its loss is dialled again without any pause. */
  steadyLinkMs: 1_000,
  /** Heartbeats go at this pace until a welcome says another. */
  heartbeatIntervalMs: 500,
  /** A link that says nothing for this long is taken for lost, though never before four heartbeats went unanswered. */
  silentLinkMs: 2_000,
  /** After a wake, a link must speak within this time. */
  wakeAnswerMs: 1_000,
  /** Until a command with no answer is sent again, elsewhere. */
  commandAnswerMs: 1_000,
  /** The first pause and the longest between two tries of the same command or query. */
  retryMinMs: 10,
  retryMaxMs: 500,
  /** The longest pause that a manager can ask for. */
  retryHintMaxMs: 5_000,
  /** Default time that a query may take. */
  queryTimeoutMs: 5_000,
  /** Until a query with no answer is asked again, elsewhere. */
  queryAnswerMs: 500,
} as const;
