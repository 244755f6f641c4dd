// node client/ts/examples/book.mjs http://127.0.0.1:8080 BTC-USDT.SIM 100
// Keeps the whole order book for so many steps, each proved by its checksum; then prints it as JSON.
import { Client } from "whisperer-client";

const [url = "http://127.0.0.1:8080", instrument = "BTC-USDT.SIM", steps = "100"] = process.argv.slice(2);
const client = new Client(url);
let left = Number(steps);
client.book(instrument, {
  onBook: ({ bids, asks, sequence }) => {
    left -= 1;
    if (left > 0) return;
    console.log(JSON.stringify({ sequence, bids, asks }));
    client.close();
  },
  onRefused: (error) => {
    console.error(error.message);
    client.close();
  },
});
