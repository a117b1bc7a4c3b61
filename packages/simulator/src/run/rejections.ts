/** Tells of every promise that was rejected with nobody to hear, until the returned function is called. The platform reports them between its turns. */
export function listenForRejections(onRejection: (error: unknown) => void): () => void {
  process.on('unhandledRejection', onRejection);
  return () => { process.off('unhandledRejection', onRejection); };
}
