/** A small server of real sockets that speaks `trader.v1` as the test tells it to, and answers REST. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface Asked {
  op: string;
  id: number;
  ch?: string[];
  since?: Record<string, [string, number]>;
  max_hz?: number;
  token?: string;
  t?: number;
}

/** One connected client. */
export class Peer {
  readonly asked: Asked[] = [];
  private readonly socket: Socket;
  private read = Buffer.alloc(0);

  constructor(socket: Socket, onAsked: (asked: Asked, peer: Peer) => void) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.read = Buffer.concat([this.read, chunk]);
      for (let text = this.frame(); text !== null; text = this.frame()) {
        if (text === "") continue;
        const asked = JSON.parse(text) as Asked;
        this.asked.push(asked);
        onAsked(asked, this);
      }
    });
  }

  /** Send one message. */
  send(message: object): void {
    const payload = Buffer.from(JSON.stringify(message));
    const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
    if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** Close with a code. */
  close(code: number, reason = ""): void {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
    this.socket.write(Buffer.concat([Buffer.from([0x88, payload.length]), payload]));
  }

  /** Break the wire. */
  cut(): void {
    this.socket.destroy();
  }

  /** Take one masked frame from what has been read: its text, empty for control frames, null when there is none. */
  private frame(): string | null {
    if (this.read.length < 6) return null;
    const short = this.read[1]! & 127;
    const at = short === 126 ? 4 : 2;
    const length = short === 126 ? this.read.readUInt16BE(2) : short;
    if (this.read.length < at + 4 + length) return null;
    const mask = this.read.subarray(at, at + 4);
    const text = this.read.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ mask[index % 4]!);
    const kind = this.read[0]! & 15;
    if (kind === 8) this.socket.end();
    this.read = this.read.subarray(at + 4 + length);
    return kind === 1 ? Buffer.from(text).toString() : "";
  }
}

type Answer = { status?: number; headers?: Record<string, string>; body: unknown };

export class FakeNode {
  readonly peers: Peer[] = [];
  readonly requests: { method: string; url: string; authorization: string | undefined; body: string }[] = [];
  /** What to do when a client asks for something. */
  onAsked: (asked: Asked, peer: Peer) => void = () => {};
  /** What REST answers. */
  onRequest: (url: URL, method: string) => Answer = () => ({ status: 404, body: { code: "not_found", detail: "no" } });
  /** Set: requests are taken and never answered; called when one of them is given up. */
  onSilent: (() => void) | null = null;
  hello: object = { type: "hello", protocol: "trader.v1", market_time: 1, auth: "local" };
  private readonly server = createServer((request, response) => this.rest(request, response));
  private readonly waiting: (() => void)[] = [];

  async start(): Promise<this> {
    this.server.on("upgrade", (request: IncomingMessage, socket: Socket) => this.upgrade(request, socket));
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get newest(): Peer {
    return this.peers.at(-1)!;
  }

  stop(): void {
    for (const peer of this.peers) peer.cut();
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Wait until something is so; looked at whenever anything comes from a client. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private stir(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  private upgrade(request: IncomingMessage, socket: Socket): void {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${MAGIC}`).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: trader.v1\r\n\r\n`,
    );
    const peer = new Peer(socket, (asked, by) => {
      this.onAsked(asked, by);
      this.stir();
    });
    this.peers.push(peer);
    peer.send(this.hello);
    this.stir();
  }

  private rest(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { method = "", url = "" } = request;
      if (this.onSilent !== null) return void response.on("close", this.onSilent);
      this.requests.push({ method, url, authorization: request.headers.authorization, body });
      const answer = this.onRequest(new URL(url, this.url), method);
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  }
}
