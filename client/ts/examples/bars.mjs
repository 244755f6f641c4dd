// node client/ts/examples/bars.mjs http://127.0.0.1:8080 BTC-USDT.SIM 1m 20
// Prints closed bars as JSON lines, also across a restart of the node: 20 of them, or without a number all.
import { Client } from "whisperer-client";

const [url = "http://127.0.0.1:8080", instrument = "BTC-USDT.SIM", interval = "1m", count = "Infinity"] =
  process.argv.slice(2);
const client = new Client(url);
let left = Number(count);
for await (const bar of client.bars(instrument, interval)) {
  if (!bar.closed) continue;
  console.log(JSON.stringify(bar));
  left -= 1;
  if (left <= 0) break;
}
client.close();
