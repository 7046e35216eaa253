/** A WebSocket that opens again by itself: waits 0.5 s, doubling to 8 s, with jitter; at once when the network is back. */
export interface SocketHandlers {
  onOpen: () => void;
  onMessage: (data: string) => void;
  /** Called after every loss; answer false to stop trying. */
  onLost: (code: number) => boolean | Promise<boolean>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

export class LastingSocket {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: number | undefined;
  private closed = false;

  constructor(
    private readonly path: string,
    private readonly handlers: SocketHandlers,
  ) {
    window.addEventListener("online", this.hurry);
    this.open();
  }

  /** Sends if the socket is open; says whether it did. */
  send(message: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Drops a connection that no longer answers; a new one follows. */
  restart(): void {
    const old = this.socket;
    if (!old) return;
    this.detach(old);
    old.close();
    void this.lost(1006);
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.hurry);
    if (this.socket) this.detach(this.socket);
    this.socket?.close();
    this.socket = null;
  }

  private open(): void {
    if (this.socket || this.closed) return;
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + this.path);
    this.socket = socket;
    socket.onopen = () => this.handlers.onOpen();
    socket.onmessage = (event) => {
      this.attempt = 0;
      this.handlers.onMessage(String(event.data));
    };
    socket.onclose = (event) => void this.lost(event.code);
  }

  private detach(socket: WebSocket): void {
    socket.onopen = socket.onmessage = socket.onclose = null;
  }

  private async lost(code: number): Promise<void> {
    this.socket = null;
    const again = await this.handlers.onLost(code);
    if (!again || this.closed) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempt++) * (0.7 + 0.6 * Math.random());
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  private hurry = (): void => {
    window.clearTimeout(this.timer);
    this.attempt = 0;
    this.open();
  };
}
