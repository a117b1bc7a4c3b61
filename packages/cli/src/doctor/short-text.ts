/** Far more than anything of ours says there. */
const textBytesMax = 64 * 1024;

/** What an answer says; nothing when it is long, or does not say how long it is: whoever it is that listens there must not fill the memory. */
export async function shortText(answer: Response): Promise<string> {
  const sizeBytes = Number(answer.headers.get('content-length') ?? Infinity);
  if (sizeBytes <= textBytesMax && answer.headers.get('content-encoding') === null) return answer.text().catch(() => '');
  await answer.body?.cancel();
  return '';
}
