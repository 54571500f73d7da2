// The part of this package's interface that the tests use; it brings no types of its own.
declare module 'launchdarkly-eventsource' {
  export class EventSource {
    constructor(url: string);
    onmessage: ((message: { data: string; lastEventId: string }) => void) | null;
    onerror: ((error: unknown) => void) | null;
    close(): void;
  }
}
