/** Return a score of -1..1 with its sign: `+0.31`, `-0.05`, `0.00`. */
export function signed(score: number): string {
  const text = Math.abs(score).toFixed(2);
  return text === "0.00" ? text : `${score > 0 ? "+" : "-"}${text}`;
}
