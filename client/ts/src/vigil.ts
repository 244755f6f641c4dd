/** Watches over a connection that may be dead without a word: silence, a computer that slept, a page that was frozen. */

const LOOK_EVERY_MS = 1_000;
/** The node says something at least every 5 s; a browser cannot see WebSocket pings. */
const SILENCE_MS = 15_000;
/** After a sleep nobody waits so long: a connection that missed one heartbeat is taken for dead. */
const MISSED_MS = 7_000;
/** A look that comes so late was held up by a sleep of the machine or of the page. */
const SLEPT_MS = 4_000;

/** What the vigil does when something is wrong. */
export interface Alarm {
  /** Nothing has come for too long: the connection is to be given up. */
  onSilent(): void;
  /** The machine, the page or its network is back: no time to wait any longer. */
  onAwake(): void;
}

export class Vigil {
  private readonly alarm: Alarm;
  private readonly now: () => number;
  private heardAt = 0;
  private lookedAt = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `now` is the wall clock in ms: others may stand still while a machine sleeps. */
  constructor(alarm: Alarm, now: () => number = () => Date.now()) {
    this.alarm = alarm;
    this.now = now;
  }

  start(): void {
    this.heard();
    this.lookedAt = this.now();
    this.timer = setInterval(this.look, LOOK_EVERY_MS);
    globalThis.addEventListener?.("online", this.awake);
    globalThis.addEventListener?.("pageshow", this.awake);
    globalThis.document?.addEventListener("visibilitychange", this.seen);
    globalThis.document?.addEventListener("resume", this.awake);
  }

  end(): void {
    clearInterval(this.timer);
    globalThis.removeEventListener?.("online", this.awake);
    globalThis.removeEventListener?.("pageshow", this.awake);
    globalThis.document?.removeEventListener("visibilitychange", this.seen);
    globalThis.document?.removeEventListener("resume", this.awake);
  }

  /** Something came from the node. */
  heard(): void {
    this.heardAt = this.now();
  }

  /** Look whether all is well; as a rule once a second. */
  readonly look = (): void => {
    const late = this.now() - this.lookedAt;
    this.lookedAt = this.now();
    if (late > SLEPT_MS) this.awake();
    else if (this.silence > SILENCE_MS) this.alarm.onSilent();
  };

  private get silence(): number {
    return this.now() - this.heardAt;
  }

  private readonly seen = (): void => {
    if (!document.hidden) this.awake();
  };

  private readonly awake = (): void => {
    if (this.silence > MISSED_MS) this.alarm.onSilent();
    this.alarm.onAwake();
  };
}
