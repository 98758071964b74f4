/** What the server may say instead of opening a window (`src/api/error.rs`). */
export const problems = [
  'invalid_request',
  'signed_out',
  'cross_origin',
  'too_many_attempts',
  'rate_limited',
  'persona_failed',
  'try_again',
  'timeout',
];
